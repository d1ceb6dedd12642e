//! Reading it.

use std::time::Duration;

use lamplighter_core::api::{AlertKind, Occasion, SinkSettings};
use lamplighter_core::config::{Access, AlertSettings, AlertUrl, Config};
use lamplighter_core::record::StoreKind;
use lamplighter_core::text::Lang;

const FILE: &str = r#"
[settings]
lang = "fr"
start_at_login = true

[accounts.work-slack]
id       = "7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a"
provider = "slack"
vars     = { client_id = "123.456", scopes = "chat:write" }
margin   = "2h"
access   = "listed"

[[accounts.work-slack.sinks]]
kind = "env"
path = "~/bot/.env"
set  = { SLACK_TOKEN = "{{token.bot}}" }

[[accounts.work-slack.sinks]]
kind = "sql"
url  = "env:DATABASE_URL"
run  = "UPDATE integrations SET token = :token_bot WHERE id = :id"
args = { id = 7 }

[[accounts.work-slack.alerts]]
kind = "discord"
url  = "keychain:discord-ops"
on   = ["needs-login", "recovered"]

[[accounts.work-slack.alerts]]
kind = "command"
run  = ["/usr/bin/true"]

[accounts."my.flex"]
id = "00000000000000000000000000000001"
provider = "oneflex"
grant = "12h"
confirm_after = "15m"
confirm_window = "30m"

[[alerts]]
kind = "webhook"
url  = "http://127.0.0.1:9000/hook"

[network]
check = ["/usr/bin/nm-online", "-q", "-t", "5"]
"#;

#[test]
fn accounts_and_settings_are_read_as_they_are_written() {
    let config = Config::parse(FILE).expect("a valid file");
    assert_eq!(config.settings.lang, Some(Lang::Fr));
    assert!(config.settings.start_at_login);
    let names: Vec<&str> = config.accounts.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["my.flex", "work-slack"]);
    let slack = &config.accounts[&"work-slack".parse().expect("a name")];
    assert_eq!(slack.margin, Some(Duration::from_secs(7200)));
    assert_eq!(slack.access, Access::Listed);
    let SinkSettings::Env { path, set, allow_tracked } = &slack.sinks[0];
    assert_eq!(
        (path.as_str(), set["SLACK_TOKEN"].as_str(), *allow_tracked),
        ("~/bot/.env", "{{token.bot}}", false)
    );
}

#[test]
fn s0_4_who_is_told_of_one_account_and_of_all_is_read() {
    let config = Config::parse(FILE).expect("a valid file");
    let slack = &config.accounts[&"work-slack".parse().expect("a name")];
    let secret = AlertUrl::Secret("discord_ops".parse().expect("a name"));
    let on = [Occasion::NeedsLogin, Occasion::Recovered].into();
    assert_eq!(slack.alerts, [AlertSettings { kind: AlertKind::Discord, url: secret, on }]);
    assert_eq!(slack.alerts[0].url.shown(), "keychain:discord_ops");
    let all = &config.alerts[0];
    assert_eq!((all.kind, all.url.shown().as_str()), (AlertKind::Webhook, "127.0.0.1"));
    let usual: Vec<&str> = all.on.iter().map(|occasion| occasion.word()).collect();
    assert_eq!(usual, ["needs-login", "expires-soon", "failed"]);
}

#[test]
fn s3_2_s3_3_p2_an_account_has_a_policy_of_its_own_and_the_network_a_judge() {
    let config = Config::parse(FILE).expect("a valid file");
    let flex = &config.accounts[&"my.flex".parse().expect("a name")];
    let minutes = |minutes: u64| Some(Duration::from_secs(minutes * 60));
    assert_eq!(
        (flex.grant, flex.confirm_after, flex.confirm_window),
        (minutes(720), minutes(15), minutes(30))
    );
    let check = config.network_check.expect("a command");
    assert_eq!(check, ["/usr/bin/nm-online", "-q", "-t", "5"]);
}

#[test]
fn entries_of_a_later_version_are_neither_lost_nor_silent() {
    let config = Config::parse(FILE).expect("a valid file");
    let slack = &config.accounts[&"work-slack".parse().expect("a name")];
    assert_eq!(slack.sinks.len(), 1);
    let told: Vec<String> = slack.later.iter().map(|later| later.what(Lang::En)).collect();
    assert_eq!(
        told,
        [
            "Line 19: tokens are not written to `sql` by this version.",
            "Line 30: nobody is told by `command` by this version."
        ]
    );
    assert!(slack.later[0].what(Lang::Fr).starts_with("Ligne 19"));
}

#[test]
fn an_empty_file_has_no_accounts() {
    assert_eq!(Config::parse("").expect("valid"), Config::default());
    assert_eq!(Config::parse("\u{feff}# nothing yet\r\n").expect("valid"), Config::default());
}

#[test]
fn f63_one_mistake_refuses_the_whole_file() {
    let broken = FILE.replace("provider = \"oneflex\"", "provider = \"oneflex\"\nmargin = \"long\"");
    let mistakes = Config::parse(&broken).expect_err("a mistake");
    assert_eq!(mistakes.len(), 1);
    assert_eq!((mistakes[0].line, mistakes[0].column), (36, 10));
}

#[test]
fn f63_ten_thousand_accounts_are_read() {
    let mut text = String::new();
    for number in 0..2_000 {
        text.push_str(&format!("[accounts.a{number}]\nid = \"{number:032x}\"\nprovider = \"p\"\n"));
    }
    assert_eq!(Config::parse(&text).expect("valid").accounts.len(), 2_000);
}

#[test]
fn the_store_is_one_of_those_that_there_are() {
    let store = |text: &str| {
        Config::parse(text).map(|config| config.settings.store).map_err(|mistakes| mistakes.len())
    };
    assert_eq!(store(""), Ok(StoreKind::Keyring));
    assert_eq!(store("[settings]\nstore = \"keyring\"\n"), Ok(StoreKind::Keyring));
    assert_eq!(store("[settings]\nstore = \"keyutils\"\n"), Ok(StoreKind::Keyutils));
    assert_eq!(store("[settings]\nstore = \"sealed\"\n"), Ok(StoreKind::Sealed));
    assert_eq!(store("[settings]\nstore = \"vault\"\n"), Err(1));
}
