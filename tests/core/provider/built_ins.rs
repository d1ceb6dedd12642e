//! The files that come with Lamplighter.

use lamplighter_core::provider::built_in;

use super::support;

#[test]
fn every_built_in_is_read_without_a_mistake() {
    for (id, _) in built_in::FILES {
        assert!(!support::provider(id).rungs.is_empty(), "{id} can be refreshed");
    }
    let ids: Vec<String> = built_in::all().iter().map(|provider| provider.id.to_string()).collect();
    assert_eq!(ids, ["slack", "twitch", "oneflex", "simplejwt"]);
}

#[test]
fn names_and_order_are_those_of_the_file() {
    let slack = support::provider("slack");
    let tokens: Vec<&str> = slack.tokens.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(tokens, ["bot", "user"], "the first is the default");
    let vars: Vec<&str> = slack.vars.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(vars, ["client_id", "client_secret", "redirect_uri", "scopes", "user_scopes"]);
    let chains: Vec<&str> = slack.chains.keys().map(|name| name.as_str()).collect();
    assert_eq!(chains, ["bot", "user"]);
}

#[test]
fn a_missing_or_odd_variable_is_told_by_its_label() {
    use lamplighter_core::provider::{BindError, Bound};
    use lamplighter_core::text::Lang;
    let (provider, none) = (support::provider("oneflex"), support::secrets(&[]));
    let error = |vars: &[(&str, &str)]| Bound::new(&provider, &support::vars(vars), &none).err();
    let missing = error(&[]).expect("base has no default");
    assert_eq!(missing.what(Lang::En), "Address of your OneFlex is not filled in.");
    assert!(matches!(error(&[("base", "flex.example.com")]), Some(BindError::NotAnAddress { .. })));
    assert!(matches!(error(&[("base", "http://flex.example.com")]), Some(BindError::NotHttps { .. })));
    assert!(matches!(
        error(&[("base", "https://flex.example.com?x=1")]),
        Some(BindError::NotAnAddress { .. })
    ));
    assert!(matches!(error(&[("base", "https://co.uk")]), Some(BindError::Host { .. })));
    assert!(matches!(error(&[("base", "https://a.example.com"), ("bass", "")]), Some(BindError::Unknown(_))));
    assert_eq!(error(&[("base", "http://127.0.0.1:8080/")]), None, "this machine may be http");
}

#[test]
fn a_secret_in_the_configuration_is_refused() {
    use lamplighter_core::provider::{BindError, Bound};
    let provider = support::provider("twitch");
    let vars = support::vars(&[("client_id", "id"), ("client_secret", "canary")]);
    let secrets = support::secrets(&[("client_secret", "s")]);
    let error = Bound::new(&provider, &vars, &secrets).err();
    assert!(matches!(error, Some(BindError::SecretInConfig(_))));
    let told = error.map(|error| error.what(lamplighter_core::text::Lang::En)).unwrap_or_default();
    assert!(!told.contains("canary"), "the value is not repeated");
}

#[test]
fn the_example_of_the_documentation_is_a_valid_file() {
    let docs = include_str!("../../../docs/providers.md");
    let example =
        docs.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    assert_eq!(support::read(example).name, "Example");
}

#[test]
fn a_pasted_credential_is_enough_to_mint_the_first_token() {
    support::read(
        "format = 1\nname = \"Key\"\nhosts = [\"example.com\"]\n[[login]]\nkind = \"paste\"\n[login.fields]\n\
         \"refresh.main\" = { label = \"Key\", secret = true }\n[tokens.access]\nexpires = [\"1h\"]\n[[refresh]]\n\
         strategy = \"http\"\n[[refresh.steps]]\nmethod = \"POST\"\nurl = \"https://example.com/mint\"\n\
         json = { key = \"{{refresh.main}}\" }\nsave = { \"token.access\" = \"json:token\" }\n",
    );
}
