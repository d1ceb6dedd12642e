//! Judges the address at which an authorization ends (RFC 6749 section 4.1.2, RFC 9207, RFC 8252).

use lamplighter_core::secret::Secret;
use url::Url;

/// What a redirect must show before it is believed.
pub struct Expected {
    /// Our one-use state, 256 random bits.
    pub state: Secret,
    /// The issuer that `iss` must be, if the provider names one.
    pub issuer: Option<String>,
}

/// What a redirect says.
pub enum Redirected {
    /// The authorization code.
    Code(Secret),
    /// The service ended it; its error code (RFC 6749 section 4.1.2.1).
    Refused(String),
    /// Not an answer to our question: somebody else's, an old one, or a forged one.
    Foreign,
}

/// Longest code or error that is looked at.
const LONGEST: usize = 8 * 1024;

impl Expected {
    /// Judges the query of `url`. The state comes first: without it nothing is believed, an error neither.
    pub fn judge(&self, url: &Url) -> Redirected {
        let once = |name: &str| {
            let mut all = url.query_pairs().filter(|(have, _)| have == name);
            let first = all.next();
            // Parameters must not be there twice (RFC 6749 section 3.1).
            if all.next().is_some() { None } else { first.map(|(_, value)| value.into_owned()) }
        };
        let state = once("state").map(Secret::from);
        if state.is_none_or(|state| state != self.state) {
            return Redirected::Foreign;
        }
        if let (Some(wanted), Some(issuer)) = (&self.issuer, once("iss"))
            && *wanted != issuer
        {
            return Redirected::Foreign;
        }
        let is_fit = |text: &String| !text.is_empty() && text.len() <= LONGEST;
        match (once("code").filter(is_fit), once("error").filter(is_fit)) {
            (Some(code), None) => Redirected::Code(Secret::from(code)),
            (None, Some(error)) => Redirected::Refused(plain(&error)),
            _ => Redirected::Foreign,
        }
    }
}

/// An error code for a notice: a few printable characters (RFC 6749 section 4.1.2.1 allows no others).
fn plain(code: &str) -> String {
    code.chars().filter(|c| c.is_ascii_graphic()).take(64).collect()
}
