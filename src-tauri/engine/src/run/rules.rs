//! What core needs to know of an account's provider and settings, made anew whenever one of them changes.

use lamplighter_core::account::Rules;
use lamplighter_core::config::AccountSettings;
use lamplighter_core::id::AccountName;
use lamplighter_core::provider::Provider;

/// The rules of an account.
pub(crate) fn rules_of(name: &AccountName, settings: &AccountSettings, provider: &Provider) -> Rules {
    let mut rules = Rules::of(provider, &settings.vars, name.clone(), settings.margin, false);
    let policy = &mut rules.policy;
    policy.confirm_after = settings.confirm_after.or(policy.confirm_after);
    policy.confirm_window = settings.confirm_window.or(policy.confirm_window);
    policy.grant = settings.grant.or(policy.grant);
    rules
}
