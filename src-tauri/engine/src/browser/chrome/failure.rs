//! What Chrome's `net::ERR_…` of a page say about whether anything was sent.

use lamplighter_core::exchange::NotSent;

/// Why a page did not load, or `None` where the request can have arrived: then nobody can say what became of it.
pub(super) fn not_sent(error: &str) -> Option<NotSent> {
    let name = error.strip_prefix("net::").unwrap_or(error).strip_prefix("ERR_")?;
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    if starts(&["NAME_", "DNS_", "ICANN_"]) {
        Some(NotSent::Dns)
    } else if starts(&["CERT", "SSL_", "BAD_SSL_", "ECH_", "INSECURE_RESPONSE"]) {
        Some(NotSent::Tls)
    } else if starts(&["PROXY_", "TUNNEL_", "NO_SUPPORTED_PROXIES", "SOCKS_", "MANDATORY_PROXY", "PAC_"]) {
        Some(NotSent::Proxy)
    } else if name == "CONNECTION_TIMED_OUT" {
        Some(NotSent::Deadline)
    } else if starts(&[
        "CONNECTION_REFUSED",
        "CONNECTION_FAILED",
        "ADDRESS_",
        "INTERNET_DISCONNECTED",
        "NETWORK_ACCESS_DENIED",
        "BLOCKED_BY_",
        "UNSAFE_PORT",
        "INVALID_URL",
        "DISALLOWED_URL_SCHEME",
        "UNKNOWN_URL_SCHEME",
        "ACCESS_DENIED",
    ]) {
        Some(NotSent::Connect)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_before_a_connection_is_not_sent_and_everything_else_may_be() {
        let cases = [
            ("net::ERR_NAME_NOT_RESOLVED", Some(NotSent::Dns)),
            ("net::ERR_CERT_AUTHORITY_INVALID", Some(NotSent::Tls)),
            ("net::ERR_SSL_PROTOCOL_ERROR", Some(NotSent::Tls)),
            ("net::ERR_PROXY_CONNECTION_FAILED", Some(NotSent::Proxy)),
            ("net::ERR_CONNECTION_REFUSED", Some(NotSent::Connect)),
            ("net::ERR_CONNECTION_TIMED_OUT", Some(NotSent::Deadline)),
            ("net::ERR_TIMED_OUT", None),
            ("net::ERR_CONNECTION_RESET", None),
            ("net::ERR_EMPTY_RESPONSE", None),
            ("net::ERR_TOO_MANY_REDIRECTS", None),
        ];
        for (error, expected) in cases {
            assert_eq!(not_sent(error), expected, "{error}");
        }
    }
}
