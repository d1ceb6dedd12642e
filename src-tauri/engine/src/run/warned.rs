//! What is odd about a service's answers, though they work: logged once, not with every refresh.

use std::collections::HashSet;
use std::mem::{Discriminant, discriminant};

use lamplighter_core::id::AccountId;
use lamplighter_core::provider::Warning;

/// What was logged since the start.
#[derive(Default)]
pub(crate) struct Warned(HashSet<(AccountId, Discriminant<Warning>)>);

impl Warned {
    /// Logs each kind of warning once for each account. Warnings name fields and scopes, never values.
    pub(crate) fn log(&mut self, account: &AccountId, warnings: &[Warning]) {
        for warning in warnings {
            if self.0.insert((account.clone(), discriminant(warning))) {
                tracing::warn!(%account, ?warning, "the service’s answer is odd, though it works");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("no panic").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn f18_f19_f26_each_kind_is_logged_once_for_each_account() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber =
            tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
        let (one, other) = (AccountId::from_random([1; 16]), AccountId::from_random([2; 16]));
        let lost = |scope: &str| Warning::ScopeLost(vec![scope.to_owned()]);
        tracing::subscriber::with_default(subscriber, || {
            let mut warned = Warned::default();
            for _ in 0..3 {
                warned.log(&one, &[Warning::TokenTypeMissing, lost("write")]);
                warned.log(&one, &[lost("read")]);
                warned.log(&other, &[Warning::TokenTypeMissing]);
            }
        });
        let text = String::from_utf8(lines.0.lock().expect("no panic").clone()).expect("text");
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.lines().all(|line| line.contains("WARN")), "{text}");
        assert!(text.contains("write"), "lost scopes are named: {text}");
    }
}
