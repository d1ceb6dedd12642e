//! As whom Chrome introduces itself: as the browser of the capture, else as itself without "Headless".

use headless_chrome::protocol::cdp::Emulation::{UserAgentBrandVersion, UserAgentMetadata};
use headless_chrome::protocol::cdp::Network::SetUserAgentOverride;

/// User agent and languages of one visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// What pages see as `navigator.userAgent`.
    pub user_agent: String,
    /// Language tags without weights, in order: Chrome adds the weights.
    languages: Option<String>,
}

impl Identity {
    /// The capture's identity; `own` is what this Chrome says of itself.
    pub(super) fn new(captured: Option<&str>, languages: Option<&str>, own: &str) -> Self {
        let user_agent = captured.map_or_else(|| own.replace("HeadlessChrome", "Chrome"), str::to_owned);
        let languages = languages.map(|list| {
            let tags = list.split(',').filter_map(|item| item.split(';').next()).map(str::trim);
            tags.filter(|tag| !tag.is_empty() && *tag != "*").collect::<Vec<_>>().join(",")
        });
        Self { user_agent, languages: languages.filter(|list| !list.is_empty()) }
    }

    /// The command that makes a page, frame or worker say so.
    pub(super) fn command(&self) -> SetUserAgentOverride {
        SetUserAgentOverride {
            user_agent: self.user_agent.clone(),
            accept_language: self.languages.clone(),
            platform: None,
            user_agent_metadata: client_hints(&self.user_agent),
        }
    }
}

/// Client hints that fit the user agent. Engines other than Chromium send none, and neither do we for them.
fn client_hints(user_agent: &str) -> Option<UserAgentMetadata> {
    let (_, rest) = user_agent.split_once(" Chrome/")?;
    let version = rest.split(' ').next()?;
    let major = version.split('.').next().filter(|major| major.bytes().all(|b| b.is_ascii_digit()))?;
    let platform = match () {
        () if user_agent.contains("Windows") => "Windows",
        () if user_agent.contains("Mac OS X") => "macOS",
        () if user_agent.contains("Android") => "Android",
        () => "Linux",
    };
    let brand = match () {
        () if user_agent.contains(" Edg/") => "Microsoft Edge",
        () if cfg!(any(target_os = "macos", windows)) => "Google Chrome",
        () => "Chromium",
    };
    let brands = |version: &str| {
        let named = |name: &str, version: &str| UserAgentBrandVersion {
            brand: name.to_owned(),
            version: version.to_owned(),
        };
        let mut list = vec![named("Chromium", version), named("Not.A/Brand", "24")];
        if brand != "Chromium" {
            list.push(named(brand, version));
        }
        list
    };
    Some(UserAgentMetadata {
        brands: Some(brands(major)),
        full_version_list: Some(brands(version)),
        full_version: None,
        platform: platform.to_owned(),
        platform_version: String::new(),
        architecture: if cfg!(target_arch = "aarch64") { "arm" } else { "x86" }.to_owned(),
        model: String::new(),
        mobile: user_agent.contains(" Mobile "),
        bitness: Some("64".to_owned()),
        wow_64: Some(false),
        form_factors: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36";

    #[test]
    fn without_a_capture_chrome_is_itself_and_not_headless() {
        let identity = Identity::new(None, None, OWN);
        assert!(identity.user_agent.contains(" Chrome/156.0.0.0 "));
        assert!(!identity.user_agent.contains("Headless"));
    }

    #[test]
    fn another_engines_user_agent_comes_without_client_hints() {
        let webkit = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15";
        assert!(Identity::new(Some(webkit), None, OWN).command().user_agent_metadata.is_none());
        assert!(Identity::new(None, None, OWN).command().user_agent_metadata.is_some());
    }

    #[test]
    fn weights_are_left_to_chrome() {
        let identity = Identity::new(None, Some("fr-FR,fr;q=0.9, en;q=0.8, *;q=0.1"), OWN);
        assert_eq!(identity.languages.as_deref(), Some("fr-FR,fr,en"));
    }
}
