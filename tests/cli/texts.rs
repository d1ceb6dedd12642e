//! What people read, in both languages.

use lamplighter_core::api::{EngineView, LikelyView, RefreshReport, RefreshRow, Request, Response, Standing};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::{Lang, no_notifications};
use lamplighter_core::time::Timestamp;
use lamplighter_engine::clock::{Clock as _, SystemClock};

use crate::fake::{Fake, account, engine, needs_login, told, usual};
use crate::world::{Ran, World, start};

fn in_french(world: &World, args: &[&str]) -> Ran {
    let mut command = world.command(args);
    command.env("LC_ALL", "fr_FR.UTF-8");
    Ran::from(start(command).wait_with_output().expect("it was started"))
}

/// Two accounts; times are far enough from the edge of a minute, or hour, to stay the same while they are printed.
fn two_accounts() -> World {
    World::new(Fake::new().on_call(|request| match request {
        Request::Accounts => {
            let now = SystemClock::new().now().wall;
            let at = |seconds: i64| Timestamp(now.0 + seconds * 1000);
            let mut fine = account("work-slack");
            fine.tokens[0].ends = Some(at(11 * 3600 + 42 * 60 + 57));
            fine.next_refresh = Some(at(11 * 3600 + 57));
            let mut ended = needs_login("oneflex");
            ended.tokens.clear();
            ended.next_refresh = None;
            Ok(Response::Accounts { accounts: vec![ended, fine] })
        }
        other => Ok(usual(&other)),
    }))
}

#[test]
fn accounts_are_listed_in_english_and_french() {
    let world = two_accounts();
    assert_eq!(
        world.lamp(&["list"]).out,
        "NAME        SERVICE  STATE      TOKEN             NEXT REFRESH\n\
         oneflex     Slack    Needs you  –                 –\n\
         work-slack  Slack    Fine       11 h 42 min left  in 11 h\n"
    );
    assert_eq!(
        in_french(&world, &["list"]).out,
        "NOM         SERVICE  ÉTAT           JETON               PROCHAIN RAFRAÎCHISSEMENT\n\
         oneflex     Slack    À reconnecter  –                   –\n\
         work-slack  Slack    En ordre       encore 11 h 42 min  dans 11 h\n"
    );
    let asked = world.fake.asked.lock().unwrap();
    assert_eq!(asked.last().map(|asked| asked.1), Some(Lang::Fr), "the engine is asked to speak French too");
}

#[test]
fn p4_an_error_has_its_five_parts_on_standard_error() {
    let notice = needs_login("oneflex").notice.expect("it needs the person");
    let world = World::new(Fake::new().on_token(move |_| Err(notice.clone())));
    let ran = world.lamp(&["token", "oneflex"]);
    assert_eq!(
        (ran.exit, ran.out.as_str(), ran.err.as_str()),
        (
            3,
            "",
            "lamp: oneflex: Slack ended the session at 14:02.\n      \
             Your programs have a valid token until 14:31.\n      \
             Nothing happens until you reconnect.\n      \
             lamp login oneflex\n"
        )
    );
}

#[test]
fn help_and_mistakes_are_in_the_persons_language() {
    let world = World::new(Fake::new());
    let english = world.lamp(&["--help"]);
    assert!(english.exit == 0 && english.out.contains("Print a valid token"), "{}", english.out);
    let french = in_french(&world, &["--help"]);
    assert!(french.exit == 0 && french.out.contains("Afficher un jeton valide"), "{}", french.out);
    for args in [
        &["--help"][..],
        &["token", "--help"],
        &["refresh", "--help"],
        &["provider", "--help"],
        &["provider", "list", "--help"],
        &["provider", "check", "--help"],
        &["secret", "--help"],
        &["secret", "set", "--help"],
        &["login", "-h"],
    ] {
        let shown = in_french(&world, args).out;
        for word in ["Usage:", "Commands:", "default", "Print ", "Show ", "Refresh ", "Name ", "List "] {
            assert!(!shown.contains(word), "{args:?} says {word:?}:\n{shown}");
        }
    }
    let about = |args: &[&str]| in_french(&world, args).out.lines().next().unwrap_or_default().to_owned();
    assert_eq!(about(&["provider", "check", "--help"]), "Vérifier un fichier de service");
    assert_eq!(about(&["provider", "list", "--help"]), "Lister tous les services");
    assert_eq!(about(&["list", "--help"]), "Lister tous les comptes");
    assert!(about(&["check", "--help"]).starts_with("Prouver qu"));
    assert!(about(&["token", "--help"]).starts_with("Afficher un jeton valide"));
    let wrong = in_french(&world, &["token", "a", "--min-valide", "5m"]);
    assert_eq!(wrong.exit, 2);
    assert!(
        wrong.err.contains("L’option --min-valide n’existe pas.") && wrong.err.contains("--min-valid"),
        "{}",
        wrong.err
    );
}

#[test]
fn s3_5_check_says_yes_or_why_not() {
    let world = World::new(Fake::new());
    let yes = world.lamp(&["check", "work-slack"]);
    assert!(
        yes.exit == 0 && yes.out.starts_with("work-slack works. Signed in as ana@example.com."),
        "{yes:?}"
    );
    let no = World::new(
        Fake::new().on_call(|_| Ok(Response::Account { account: Box::new(needs_login("oneflex")) })),
    );
    let no = no.lamp(&["check", "oneflex"]);
    assert!(no.exit == 3 && no.out.is_empty() && no.err.contains("ended the session"), "{no:?}");
}

#[test]
fn status_shows_what_all_share_and_details_of_one() {
    let world = World::new(Fake::new().on_call(|request| match request {
        Request::Engine => {
            let mut engine = crate::fake::engine();
            engine.notices = vec![Notice::new(Code::StoreLocked, "Your keyring is locked.")];
            Ok(Response::Engine { engine: Box::new(engine) })
        }
        other => Ok(usual(&other)),
    }));
    let all = world.lamp(&["status"]);
    assert!(all.exit == 5 && all.out.contains("Your keyring is locked."), "{all:?}");
    let one = world.lamp(&["status", "work-slack"]);
    assert_eq!(one.exit, 0);
    for part in
        ["work-slack\n", "  State         Fine\n", "Signed in as  ana@example.com\n", "Cookies       7\n"]
    {
        assert!(one.out.contains(part), "{part:?} in {}", one.out);
    }
}

#[test]
fn m5_status_says_that_the_desktop_shows_no_notifications_and_that_is_no_failure() {
    for lang in [Lang::En, Lang::Fr] {
        let world = World::new(Fake::new().on_call(move |request| match request {
            Request::Engine => {
                let no_notifications = Some(no_notifications(lang).to_owned());
                Ok(Response::Engine { engine: Box::new(EngineView { no_notifications, ..engine() }) })
            }
            other => Ok(usual(&other)),
        }));
        let ran = world.lamp(&["status"]);
        let told = format!("\n{}\n", no_notifications(lang));
        assert!(ran.exit == 0 && ran.out.contains(&told), "{ran:?}");
    }
    let quiet = World::new(Fake::new()).lamp(&["status"]).out;
    assert!(!quiet.contains("notification"), "{quiet}");
}

#[test]
fn s0_5_status_shows_the_forecast_and_what_it_is_made_of() {
    let world = World::new(Fake::new().on_call(|request| match request {
        Request::Account { account: name } => {
            let day: u64 = 24 * 3600 * 1000;
            let mut view = account(&name);
            let at = view.logged_in.expect("logged in").plus(std::time::Duration::from_secs(12 * 24 * 3600));
            let (shortest_ms, longest_ms) = (9 * day, 14 * day);
            view.likely = Some(LikelyView { at, sessions: 6, shortest_ms, longest_ms });
            Ok(Response::Account { account: Box::new(view) })
        }
        other => Ok(usual(&other)),
    }));
    let english = world.lamp(&["status", "work-slack"]).out;
    assert!(
        english.contains("Forecast") && english.contains("(like your last 6, 9 to 14 days)"),
        "{english}"
    );
    let french = in_french(&world, &["status", "work-slack"]).out;
    let words = "se terminera probablement le";
    assert!(
        french.contains(words) && french.contains("(comme vos 6 dernières, de 9 à 14 jours)"),
        "{french}"
    );
}

#[test]
fn trying_once_is_asked_account_by_account_and_reported_as_one() {
    let world = World::new(Fake::new().on_call(|request| match request {
        Request::TryOnce { account } if account == "gone" => {
            Err(Notice::new(Code::UnknownAccount, "There is no account “gone”."))
        }
        Request::TryOnce { account } => {
            let row = RefreshRow {
                account: account.parse().unwrap(),
                result: "success".into(),
                notice: None,
                ends: None,
            };
            let report = RefreshReport { total: 1, success: 1, failed: 0, skipped: 0, rows: vec![row] };
            Ok(Response::Refresh { report })
        }
        other => panic!("{}", told(&other)),
    }));
    let ran = world.lamp(&["refresh", "a", "b", "--try-once"]);
    assert!(ran.exit == 0 && ran.out.contains("2 accounts: 2 refreshed"), "{ran:?}");
    let ran = world.lamp(&["refresh", "a", "gone", "b", "--try-once"]);
    assert!(
        ran.exit == 4 && ran.out.contains("3 accounts: 2 refreshed, 1 failed"),
        "what was sent is told: {ran:?}"
    );
    assert!(ran.out.contains("There is no account “gone”."), "{ran:?}");
    let ran = world.lamp(&["refresh", "gone", "--try-once"]);
    assert!(ran.exit == 4 && ran.out.is_empty() && ran.err.contains("gone"), "{ran:?}");
    assert_eq!(world.lamp(&["refresh", "--try-once"]).exit, 2, "whose is to be said");
    assert_eq!(world.lamp(&["refresh", "a", "--try-once", "--force"]).exit, 2);
    assert!(in_french(&world, &["refresh", "--help"]).out.contains("Renvoyer une fois une requête"));
}

#[test]
fn pausing_is_confirmed_and_a_logout_tells_if_revoking_failed() {
    let world = World::new(Fake::new().on_call(|request| match request {
        Request::Logout { .. } => {
            Ok(Response::LoggedOut { revoke_failed: Some("HTTP 500".into()), left: None })
        }
        Request::Pause { .. } => {
            let mut paused = account("work-slack");
            paused.standing = Standing::Paused;
            Ok(Response::Account { account: Box::new(paused) })
        }
        other => Ok(usual(&other)),
    }));
    assert_eq!(world.lamp(&["pause", "work-slack"]).out, "work-slack: Paused\n");
    assert_eq!(in_french(&world, &["pause", "work-slack"]).out, "work-slack\u{a0}: En pause\n");
    let logout = world.lamp(&["logout", "work-slack"]);
    assert!(logout.out.contains("is deleted") && logout.err.contains("HTTP 500"), "{logout:?}");
}

#[test]
fn an_empty_list_says_how_to_begin() {
    let world = World::new(Fake::new().on_call(|_| Ok(Response::Accounts { accounts: Vec::new() })));
    let ran = world.lamp(&["list"]);
    assert!(ran.exit == 0 && ran.out.is_empty() && ran.err.contains("lamp login"), "{ran:?}");
}

#[test]
fn completions_and_provider_check_need_no_engine() {
    let home = tempfile::tempdir().unwrap();
    let run =
        |args: &[&str]| Ran::from(start(crate::world::lamp(home.path(), args)).wait_with_output().unwrap());
    let script = run(&["completions", "bash"]);
    assert!(
        script.exit == 0 && script.out.contains("lamp__subcmd__token") || script.out.contains("lamp__token")
    );
    let file = home.path().join("mine.toml");
    std::fs::write(&file, "format = 1\nname = 3\n").unwrap();
    let ran = run(&["provider", "check", file.to_str().unwrap()]);
    assert!(ran.exit == 2 && ran.out.contains("mine.toml:2:"), "{ran:?}");
    let nowhere = run(&["provider", "check", "/nowhere.toml"]);
    assert!(
        nowhere.exit == 2 && nowhere.err.contains("/nowhere.toml cannot be read: it is not there."),
        "{nowhere:?}"
    );
    let entries: Vec<_> = std::fs::read_dir(home.path()).unwrap().collect();
    assert_eq!(entries.len(), 1, "nothing else was made");
}
