//! The provider files of docs/examples: for services that are run as a whole by tests/peers.

use lamplighter_core::provider::parse;

const EXAMPLES: [(&str, &str); 3] = [
    ("django-allauth", include_str!("../../../docs/examples/django-allauth.toml")),
    ("django-simplejwt", include_str!("../../../docs/examples/django-simplejwt.toml")),
    ("oidc-provider", include_str!("../../../docs/examples/oidc-provider.toml")),
];

#[test]
fn examples_have_no_mistakes_and_at_most_twenty_lines() {
    for (name, text) in EXAMPLES {
        if let Err(mistakes) = parse(name.parse().expect("an id"), text) {
            panic!("{name}: {mistakes:?}");
        }
        assert!(text.lines().count() <= 20, "{name}");
    }
}
