//! I7, T11: at trace level nothing that a login handles is left in any file of ours, nor shown where others look.

use std::process::Stdio;

use testkit::practice::{DEVICE_PROVIDER, Issued, JSON_PROVIDER};
use testkit::scan::{Extent, Scan};

use super::ended::finished_all;
use super::rig::{Ours, Rig, until};

const CLIENT_SECRET: &str = "canary-of-the-client-secret";

/// Says what the site has given out, and these besides, if any of that is in a file of ours or in a process.
fn assert_clean(rig: &Rig, besides: &[(&str, &str)]) {
    let mut secrets = rig.site.secrets();
    secrets.extend(
        besides.iter().map(|(kind, value)| Issued { kind: (*kind).to_owned(), value: (*value).to_owned() }),
    );
    let (scan, mut extent) = (Scan::new(&secrets), Extent::default());
    let mut found = scan.files(&[rig.path("")], &mut extent);
    found.extend(scan.processes(&mut extent));
    assert!(found.is_empty(), "{found:?}");
    let log = std::fs::read_to_string(rig.path("logs/lamplighter.log")).expect("a log");
    assert!(log.contains(" INFO "), "it is logged there: {log}");
    assert!(extent.files > 3 && extent.processes > 0, "{extent:?}");
}

#[test]
fn t11_codes_of_a_device_login_leave_no_trace() {
    let rig = Rig::new();
    rig.provider("practice-device", DEVICE_PROVIDER);
    let base = format!("base={}", rig.site.base());
    let shown = rig.path("../shown");
    let file = std::fs::File::create(&shown).expect("a file");
    let mut command = rig.command(&["login", "practice-device", "--as", "tv", "--no-open", "--set", &base]);
    command.env("LAMPLIGHTER_LOG", "trace").stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
    let mut login = Ours(command.spawn().expect("it starts"));
    let code = || {
        let text = std::fs::read_to_string(&shown).unwrap_or_default();
        let is_code = |word: &&str| {
            word.len() == 9
                && word.chars().enumerate().all(|(at, letter)| {
                    if at == 4 {
                        letter == '-'
                    } else {
                        letter.is_ascii_uppercase() || letter.is_ascii_digit()
                    }
                })
        };
        text.split_whitespace().find(is_code).map(str::to_owned)
    };
    until("it shows a code", || code().is_some());
    let code = code().expect("seen");
    assert_clean(&rig, &[("user code", &code)]);
    assert!(rig.site.answer_device(&code, &rig.site.person().email, true));
    assert!(login.0.wait().expect("it ends").success(), "{:?}", std::fs::read_to_string(&shown));
    assert_clean(&rig, &[("user code", &code)]);
}

#[test]
fn t11_what_a_login_spends_and_gets_leaves_no_trace() {
    let rig = Rig::new();
    let (head, tail) = JSON_PROVIDER.split_once("[[login]]").expect("a login");
    let (_, tail) = tail.split_once("[tokens.access]").expect("tokens");
    let text = format!(
        "{head}[vars.key]\nlabel = \"Key\"\nsecret = true\n\n[[login]]\nkind = \"paste\"\n[login.fields]\n\
         \"refresh.main\" = {{ label = \"Credential\", secret = true }}\n\
         [[login.steps]]\nspends = true\nmethod = \"POST\"\nurl = \"{{{{base}}}}/api/auth/refresh\"\n\
         json = {{ refresh = \"{{{{refresh.main}}}}\" }}\n\
         save = {{ \"token.access\" = \"json:access\", \"refresh.main\" = \"json:refresh?\" }}\n\n[tokens.access]{tail}"
    );
    rig.provider("spending", &text);
    let credential = rig.site.open_session(&rig.site.person().email).refresh;
    let base = format!("base={}", rig.site.base());
    let args = ["login", "spending", "--as", "once", "--set", &base];
    let mut command = rig.at_a_terminal(&args);
    command.env("LAMPLIGHTER_LOG", "trace");
    let ran = finished_all(command, &format!("{CLIENT_SECRET}\n{credential}\n"));
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert_clean(&rig, &[("client secret", CLIENT_SECRET), ("credential", &credential)]);
    assert!(!ran.out.contains(&credential) && !ran.out.contains(CLIENT_SECRET), "typed, not shown");
}
