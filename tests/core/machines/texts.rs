//! What people read: five parts, both languages, no secret.

use jiff::tz::TimeZone;
use lamplighter_core::account::{Block, Death};
use lamplighter_core::classify::Cause;
use lamplighter_core::exchange::{BrowserEnd, NoChrome, NotSent};
use lamplighter_core::record::{KeyTrouble, StoreError, StoreKind};
use lamplighter_core::text::{Clock, Lang, Subject, Why, all_is_well, notice, proof_words, toast};
use lamplighter_core::time::Timestamp;

/// 2026-01-01, a Thursday.
const MIDNIGHT: i64 = 1_767_225_600_000;

fn at(hour: i64, minute: i64) -> Timestamp {
    Timestamp(MIDNIGHT + (hour * 60 + minute) * 60_000)
}

fn subject(tz: &TimeZone, lang: Lang) -> Subject<'_> {
    Subject { account: "work-slack", service: "Slack", lang, clock: Clock { now: at(14, 10), tz } }
}

fn needs_login() -> Why {
    Why::NeedsLogin { reason: Death::Rejected, since: at(14, 2), tokens_until: Some(at(14, 31)) }
}

#[test]
fn the_toast_of_a_dead_session_reads_as_it_was_designed() {
    let tz = TimeZone::UTC;
    let said = toast("k".to_owned(), None, &needs_login(), &subject(&tz, Lang::En));
    assert_eq!(said.title, "work-slack needs you.");
    assert_eq!(said.body, "Slack ended the session at 14:02. Your programs have a valid token until 14:31.");
    assert_eq!(
        said.buttons.iter().map(|(_, label)| label.as_str()).collect::<Vec<_>>(),
        ["Reconnect", "Later"]
    );
    let said = toast("k".to_owned(), None, &needs_login(), &subject(&tz, Lang::Fr));
    assert_eq!(said.title, "work-slack a besoin de vous.");
    assert_eq!(
        said.body,
        "Slack a mis fin à la session à 14:02. Vos programmes ont un jeton valide jusqu’à 14:31."
    );
}

#[test]
fn the_toast_of_an_outage_says_that_the_login_is_safe() {
    let tz = TimeZone::UTC;
    let why = Why::Waiting {
        cause: Cause::NotSent { why: NotSent::Dns },
        since: Some(at(9, 12)),
        next: at(9, 20),
        tokens_until: None,
    };
    let said = toast("k".to_owned(), None, &why, &subject(&tz, Lang::En));
    assert_eq!(said.title, "Can’t reach Slack since 09:12.");
    assert_eq!(said.body, "Your login is safe. Next try at 09:20.", "and nothing twice");
    let said = toast("k".to_owned(), None, &why, &subject(&tz, Lang::Fr));
    assert_eq!(said.title, "Slack est injoignable depuis 09:12.");
    assert_eq!(said.body, "Votre connexion n’est pas perdue. Prochain essai à 09:20.");
}

#[test]
fn whatever_is_wrong_with_sealed_files_is_told_in_five_parts() {
    let tz = TimeZone::UTC;
    let path = || "/etc/lamplighter/key".to_owned();
    let troubles = [
        KeyTrouble::Unnamed,
        KeyTrouble::NotSaid,
        KeyTrouble::NoPath,
        KeyTrouble::EmptyPassphrase(path()),
        KeyTrouble::Missing(path()),
        KeyTrouble::Unreadable { path: path(), said: "Permission denied (os error 13)".to_owned() },
        KeyTrouble::Open { path: path(), mode: 0o644 },
        KeyTrouble::Stranger(path()),
        KeyTrouble::Beside(path()),
        KeyTrouble::NoKey(path()),
        KeyTrouble::NotAFile(path()),
        KeyTrouble::NotYet("/dev/fd/3".to_owned()),
        KeyTrouble::Drained("/dev/fd/3".to_owned()),
        KeyTrouble::NoPassphrase,
        KeyTrouble::Wrong,
    ];
    let stores = troubles.into_iter().map(StoreError::Key);
    for store in stores.chain([StoreError::Disk("No space left on device (os error 28)".to_owned())]) {
        let words = [Lang::En, Lang::Fr].map(|lang| {
            let said = notice(&Why::Store { store: store.clone() }, &subject(&tz, lang));
            assert_eq!(said.account.as_deref(), Some("work-slack"));
            for part in [Some(&said.what), said.safe.as_ref(), said.next.as_ref(), said.cure.as_ref()] {
                let part = part.unwrap_or_else(|| panic!("{store:?} lacks a part: {said:?}"));
                assert!(part.ends_with('.') && !part.contains("os error"), "{part}");
            }
            said.what
        });
        assert!(words[0] != words[1], "{words:?}");
    }
}

#[test]
fn every_notice_is_complete_in_both_languages() {
    let tz = TimeZone::UTC;
    let next = at(15, 0);
    let cause = Cause::Status { status: 503 };
    let whys = [
        needs_login(),
        Why::Suspect { confirm_at: next, tokens_until: None },
        Why::Waiting { cause, since: None, next, tokens_until: None },
        Why::LostReply { cause: None, next, tokens_until: None },
        Why::Unsaved { store: StoreError::Locked, next },
        Why::Held { store: StoreError::Locked, next },
        Why::Store { store: StoreError::Absent("no bus".to_owned()) },
        Why::Store { store: StoreError::TooLarge { bytes: 9 } },
        Why::Disk { said: "full".to_owned() },
        Why::Paused,
        Why::WillEnd { at: next },
        Why::NoToken { name: "x".to_owned() },
        Why::Store { store: StoreError::Declined },
        Why::Store { store: StoreError::NoFolder("/srv/sealed".to_owned()) },
        Why::Store { store: StoreError::NoKernel("Operation not permitted".to_owned()) },
        Why::Unsaved { store: StoreError::Quota { bytes: 21_004, most: 20_000 }, next },
        Why::RecordGone,
        Why::Forgotten,
        Why::Elsewhere { there: StoreKind::Keyring, here: StoreKind::Keyutils },
        Why::Elsewhere { there: StoreKind::Keyutils, here: StoreKind::Keyring },
        Why::OtherStore { named: StoreKind::Keyutils },
        Why::Elsewhere { there: StoreKind::Sealed, here: StoreKind::Keyring },
        Why::OtherStore { named: StoreKind::Sealed },
        Why::NeverLoggedIn,
        Why::TooSlow,
        Why::Blocked { block: Block::AppSettings, tokens_until: None },
        Why::Blocked { block: Block::GrantEnded { by_service: false }, tokens_until: None },
        Why::Blocked { block: Block::ReminderOnly, tokens_until: None },
        Why::Blocked {
            block: Block::HostChanged { hosts: vec!["a.example".to_owned()] },
            tokens_until: None,
        },
        Why::Blocked { block: Block::WrongPerson { now: "bob".to_owned() }, tokens_until: None },
        Why::Blocked { block: Block::NewerFormat, tokens_until: None },
        Why::Blocked { block: Block::Incomplete { missing: "team".to_owned() }, tokens_until: None },
        Why::Blocked { block: Block::LostReply, tokens_until: None },
        Why::Blocked { block: Block::Refused { status: 403 }, tokens_until: Some(next) },
    ];
    for why in &whys {
        for lang in [Lang::En, Lang::Fr] {
            let said = notice(why, &subject(&tz, lang));
            assert_eq!(said.account.as_deref(), Some("work-slack"));
            let parts = [Some(&said.what), said.safe.as_ref(), said.next.as_ref().or(said.cure.as_ref())];
            for part in parts.into_iter().chain(said.cure.as_ref().map(Some)) {
                let part = part.unwrap_or_else(|| panic!("{why:?} lacks a part: {said:?}"));
                assert!(part.ends_with('.'), "{part}");
                assert!(!part.contains('!'), "{part}");
                for ours in ["grant", "generation", "rung", "keychain", "échelon", "renouvellement"] {
                    assert!(!part.contains(ours), "{ours}: {part}");
                }
            }
        }
    }
}

#[test]
fn times_are_in_the_persons_zone_and_name_the_day_when_it_is_another() {
    let paris = TimeZone::fixed(jiff::tz::offset(1));
    let why = Why::Paused;
    _ = notice(&why, &subject(&paris, Lang::Fr));
    let clock = Clock { now: at(14, 10), tz: &paris };
    assert_eq!(lamplighter_core::text::moment(at(14, 2), clock, Lang::Fr), "15:02");
    assert_eq!(lamplighter_core::text::moment(at(14 + 48, 2), clock, Lang::Fr), "samedi 15:02");
    assert_eq!(lamplighter_core::text::moment(at(14 + 24 * 20, 0), clock, Lang::En), "21 Jan 15:00");
}

#[test]
fn f60_the_toast_of_a_missing_chrome_says_what_for_and_what_to_do() {
    let tz = TimeZone::UTC;
    let without = |why| {
        let cause = Cause::Browser { end: BrowserEnd::CannotRun(why) };
        Why::Waiting { cause, since: None, next: at(14, 40), tokens_until: None }
    };
    let said = toast("k".to_owned(), None, &without(NoChrome::Missing), &subject(&tz, Lang::En));
    assert_eq!(said.title, "No Chrome was found.");
    assert_eq!(
        said.body,
        "Slack cannot be refreshed without one. Install Chrome or Chromium, or set where it is in the settings; \
         then refresh."
    );
    let told = notice(&without(NoChrome::NoSandbox), &subject(&tz, Lang::En));
    assert_eq!(told.what, "No Chrome could be started. Slack cannot be refreshed without one.");
    assert_eq!(told.next.as_deref(), Some("Your programs have no valid token. Next try at 14:40."));
    assert!(told.cure.is_some_and(|cure| cure.starts_with("This system lets Chrome build no sandbox")));
    let told = notice(&without(NoChrome::Silent), &subject(&tz, Lang::Fr));
    assert_eq!(told.what, "Aucun Chrome n’a pu être démarré. Slack ne peut pas être rafraîchi sans lui.");
}

#[test]
fn a_moment_in_a_sentence_comes_with_its_preposition() {
    use lamplighter_core::text::{about, around, at as named, since, until};
    let tz = TimeZone::UTC;
    let clock = Clock { now: at(14, 10), tz: &tz };
    let (today, week, far) = (at(14, 2), at(48 + 14, 2), at(24 * 20, 5));
    let all = |form: fn(Timestamp, Clock<'_>, Lang) -> String, lang| {
        [today, week, far].map(|time| form(time, clock, lang))
    };
    assert_eq!(all(named, Lang::En), ["at 14:02", "on Saturday at 14:02", "on 21 Jan at 00:05"]);
    assert_eq!(all(named, Lang::Fr), ["à 14:02", "samedi à 14:02", "le 21 janv. à 00:05"]);
    assert_eq!(all(since, Lang::En), ["since 14:02", "since Saturday 14:02", "since 21 Jan 00:05"]);
    assert_eq!(all(since, Lang::Fr), ["depuis 14:02", "depuis samedi à 14:02", "depuis le 21 janv. à 00:05"]);
    assert_eq!(all(until, Lang::En), ["until 14:02", "until Saturday 14:02", "until 21 Jan 00:05"]);
    assert_eq!(
        all(until, Lang::Fr),
        ["jusqu’à 14:02", "jusqu’à samedi à 14:02", "jusqu’au 21 janv. à 00:05"]
    );
    assert_eq!(all(about, Lang::Fr), ["vers 14:02", "vers samedi 14:02", "vers le 21 janv. à 00:05"]);
    assert_eq!(all(around, Lang::En), ["at about 14:02", "on Saturday", "on 21 Jan"]);
    assert_eq!(all(around, Lang::Fr), ["vers 14:02", "samedi", "le 21 janv."]);

    let yesterday = Why::NeedsLogin { reason: Death::Rejected, since: at(-20, 0), tokens_until: None };
    assert_eq!(
        notice(&yesterday, &subject(&tz, Lang::En)).what,
        "Slack ended the session on Wednesday at 04:00."
    );
    assert_eq!(
        notice(&yesterday, &subject(&tz, Lang::Fr)).what,
        "Slack a mis fin à la session mercredi à 04:00."
    );
}

#[test]
fn a_service_that_answers_is_not_called_unreachable() {
    let tz = TimeZone::UTC;
    let waiting = |cause| Why::Waiting { cause, since: Some(at(9, 12)), next: at(9, 20), tokens_until: None };
    let broken = waiting(Cause::Status { status: 503 });
    assert_eq!(
        notice(&broken, &subject(&tz, Lang::En)).what,
        "Slack has not been working since 09:12: it reports a failure of its own (status 503)."
    );
    let toast = toast("k".to_owned(), None, &broken, &subject(&tz, Lang::Fr));
    assert_eq!(toast.title, "Slack ne fonctionne pas depuis 09:12.");
    let crashed = waiting(Cause::Browser { end: lamplighter_core::exchange::BrowserEnd::Crashed });
    assert_eq!(
        notice(&crashed, &subject(&tz, Lang::En)).what,
        "Slack has not been refreshed since 09:12: Chrome crashed."
    );
    let away = waiting(Cause::HostDown);
    assert!(notice(&away, &subject(&tz, Lang::En)).what.starts_with("Can’t reach Slack since 09:12: "));
}

#[test]
fn all_being_well_is_said_in_one_line() {
    let six = std::time::Duration::from_secs(360);
    assert_eq!(all_is_well(4, Some(six), Lang::En), "All 4 logins are fine. Next refresh in 6 min.");
    assert_eq!(
        all_is_well(4, Some(six), Lang::Fr),
        "Les 4 connexions vont bien. Prochain rafraîchissement dans 6 min."
    );
    let tz = TimeZone::UTC;
    let clock = Clock { now: at(14, 10), tz: &tz };
    assert_eq!(
        proof_words(Some("ana@example.com"), true, None, clock, Lang::En),
        "Signed in as ana@example.com. Lamplighter can keep this alive."
    );
}

#[test]
fn s0_5_an_end_that_is_foreseen_is_named_with_its_account_and_its_day() {
    let tz = TimeZone::UTC;
    let said = |end, lang| toast("k".to_owned(), None, &Why::WillEnd { at: end }, &subject(&tz, lang));
    let tomorrow = said(at(14 + 23, 0), Lang::En);
    assert!(tomorrow.title.ends_with(" will probably end on Friday."), "{}", tomorrow.title);
    assert_eq!(tomorrow.body, "Reconnect when it suits you; it takes a minute.");
    let today = said(at(20, 5), Lang::En);
    assert!(today.title.ends_with(" will probably end at about 20:05."), "{}", today.title);
    let french = said(at(20, 5), Lang::Fr);
    assert!(french.title.ends_with(" va probablement expirer vers 20:05."), "{}", french.title);
    assert!(!french.title.starts_with(' '), "it says which account");
}
