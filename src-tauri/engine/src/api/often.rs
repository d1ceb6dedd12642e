//! What may happen thousands of times a second is logged at once when it begins, and from then on counted: one line a
//! minute.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::Sleep;

const MINUTE: Duration = Duration::from_secs(60);

/// How often something happened that has not been logged yet.
#[derive(Default)]
pub(super) struct Often {
    unsaid: u64,
    /// Until then it is counted; `None` while it has not happened lately.
    minute: Option<Pin<Box<Sleep>>>,
}

impl Often {
    /// It happened; whether that is to be logged now.
    pub(super) fn happened(&mut self) -> bool {
        if self.minute.is_some() {
            self.unsaid += 1;
            return false;
        }
        self.minute = Some(Box::pin(tokio::time::sleep(MINUTE)));
        true
    }

    /// How often it happened in the minute that is over now. Returns only if it did. Safe to cancel.
    pub(super) async fn minute(&mut self) -> u64 {
        loop {
            match &mut self.minute {
                Some(minute) => minute.as_mut().await,
                None => std::future::pending().await,
            }
            let unsaid = std::mem::take(&mut self.unsaid);
            self.minute = (unsaid > 0).then(|| Box::pin(tokio::time::sleep(MINUTE)));
            if unsaid > 0 {
                return unsaid;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::Often;

    /// The time is not waited for: the minute is said to be over.
    fn minute_over(often: &mut Often) {
        let minute = often.minute.as_mut().expect("it happened");
        let over = minute.deadline() - super::MINUTE;
        minute.as_mut().reset(over);
    }

    #[tokio::test]
    async fn t25_what_happens_all_the_time_is_one_line_a_minute_with_its_count() {
        let mut often = Often::default();
        assert!(often.minute().now_or_never().is_none(), "nothing happened");
        assert_eq!((0..1000).filter(|_| often.happened()).count(), 1, "the first, at once");
        assert!(often.minute().now_or_never().is_none(), "the minute is not over");
        minute_over(&mut often);
        assert_eq!(often.minute().await, 999);
        assert!(!often.happened(), "it goes on");
        minute_over(&mut often);
        assert_eq!(often.minute().await, 1);
        minute_over(&mut often);
        while often.minute.is_some() {
            assert!(often.minute().now_or_never().is_none(), "a quiet minute is no line");
            tokio::task::yield_now().await;
        }
        assert!(often.happened(), "and what begins anew is said at once");
    }
}
