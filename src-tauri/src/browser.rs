//! The person's own browser.

use tauri::Url;

/// Opens an address in it. Only http and https: anything else could start another program.
pub fn open(address: &str) {
    if !is_web(address) {
        tracing::warn!("an address that is not of the web was not opened");
    } else if let Err(error) = open::that_detached(address) {
        tracing::warn!(%error, "the system browser did not open");
    }
}

fn is_web(address: &str) -> bool {
    // The text itself is handed on, so it must not have been tidied up by the parser first.
    let plain = !address.chars().any(|c| c.is_control() || c.is_whitespace());
    plain && Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::is_web;

    #[test]
    fn t06_only_web_addresses_are_handed_to_the_browser() {
        for (address, web) in [
            ("https://id.example.com/authorize?client_id=a&state=b", true),
            ("http://127.0.0.1:8080/oauth/authorize", true),
            ("file:///etc/passwd", false),
            ("javascript:alert(1)", false),
            ("ms-settings:privacy", false),
            ("--help", false),
            ("https://example.com/ --flag", false),
            ("https:\n//example.com", false),
            ("", false),
        ] {
            assert_eq!(is_web(address), web, "{address}");
        }
    }
}
