//! A service with one-time refresh tokens, and what it was shown.

use std::time::Duration;

use lamplighter_core::exchange::{Exchange, HttpRequest, Reply, Sent};
use lamplighter_core::secret::Secret;
use lamplighter_core::time::Now;

/// Where the session stands.
pub struct Service {
    current: u64,
    /// The one before is taken until the current one was used.
    has_grace: bool,
    pub has_ended: bool,
    /// How often a token was shown that had been used.
    pub shown_again: usize,
}

impl Service {
    pub fn new(has_grace: bool) -> Self {
        Self { current: 1, has_grace, has_ended: false, shown_again: 0 }
    }

    /// The token that works now.
    pub fn current(&self) -> String {
        format!("r{}", self.current)
    }

    /// Takes a token, and gives the next.
    pub fn answer(&mut self, request: &HttpRequest, now: Now) -> Exchange {
        let body = request.body.as_ref().and_then(|body| body.expose_str()).unwrap_or_default();
        let shown = body.split('&').find_map(|pair| pair.strip_prefix("refresh_token=r")).unwrap_or("0");
        let shown: u64 = shown.parse().unwrap_or(0);
        if shown == self.current && !self.has_ended {
            self.current += 1;
            return self.tokens(now);
        }
        self.shown_again += 1;
        if self.has_grace && shown + 1 == self.current && !self.has_ended {
            return self.tokens(now);
        }
        self.has_ended = true;
        json(400, r#"{"error":"invalid_grant"}"#, now)
    }

    fn tokens(&self, now: Now) -> Exchange {
        let number = self.current;
        // As long as real ones, so that a record takes several sectors.
        let padding = "p".repeat(900);
        json(
            200,
            &format!(
                r#"{{"access_token":"a{number}.{padding}","refresh_token":"r{number}","expires_in":3600}}"#
            ),
            now,
        )
    }
}

fn json(status: u16, body: &str, now: Now) -> Exchange {
    let headers = vec![("content-type".to_owned(), Secret::from("application/json"))];
    let reply = Reply { status, headers, body: body.into(), date: Some(now.wall) };
    Exchange { sent: Sent::Maybe, reply: Ok(reply), took: Duration::from_millis(30), at: now }
}
