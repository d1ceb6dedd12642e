//! Addresses of a file: https, without a fragment, on a host that may get secrets.

use url::Url;

use super::names::Names;
use super::tree::Text;
use super::words::{Scope, template};
use crate::provider::fault::Fault;
use crate::provider::hosts::is_safe;
use crate::provider::model::{Part, Place, Template};

/// What is done with an address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// We request it, with secrets: it must be among the hosts and has no fragment.
    Endpoint,
    /// A browser opens it; a page may have a fragment.
    OurPage,
    /// The person's browser or the login window opens it: any host.
    Page,
}

pub(super) fn address(text: &Text<'_>, scope: Scope<'_>, purpose: Use) -> Option<Template> {
    let template = template(text, scope)?;
    let has_hash = |part: &Part| matches!(part, Part::Text(text) if text.contains('#'));
    if purpose == Use::Endpoint && template.0.iter().any(has_hash) {
        return text.fail(Fault::Fragment {});
    }
    let must_be_listed = purpose != Use::Page;
    match template.0.as_slice() {
        [Part::Place(Place::Var(name)), ..] => {
            check_var_host(text, name.as_str(), scope.names, must_be_listed)?;
        }
        // Known only when it is used; checked then.
        [Part::Place(_), ..] => {}
        [Part::Text(start), rest @ ..] => {
            check_start(text, start, rest.is_empty(), scope.names, must_be_listed)?;
        }
        [] => return text.fail(Fault::BadUrl {}),
    }
    Some(template)
}

fn check_var_host(text: &Text<'_>, name: &str, names: &Names, must_be_listed: bool) -> Option<()> {
    let place = format!("{{{{{name}}}}}");
    let is_listed = names.hosts.iter().any(|host| host.starts_with(&place));
    if must_be_listed && !is_listed && names.hosts.iter().all(|host| !host.contains("{{")) {
        return text.fail(Fault::HostNotListed { host: place });
    }
    Some(())
}

/// The literal start of an address: scheme and host, if the host ends within it.
fn check_start(
    text: &Text<'_>,
    start: &str,
    is_whole: bool,
    names: &Names,
    must_be_listed: bool,
) -> Option<()> {
    let Some((scheme @ ("https" | "http"), rest)) = start.split_once("://") else {
        return text.fail(Fault::BadUrl {});
    };
    let end = rest.find(['/', '?', '#']);
    let authority = match end {
        Some(end) => rest.get(..end).unwrap_or_default(),
        None if is_whole => rest,
        // The host goes on with a variable: plain http is refused all the same, the rest is checked when used.
        None if scheme == "http" => return text.fail(Fault::NotHttps { host: rest.to_owned() }),
        None => return Some(()),
    };
    let Ok(url) = Url::parse(&format!("{scheme}://{authority}/")) else {
        return text.fail(Fault::BadUrl {});
    };
    let host = url.host_str().unwrap_or_default().to_owned();
    if host.is_empty() || !url.username().is_empty() || url.password().is_some() {
        return text.fail(Fault::BadUrl {});
    }
    if !is_safe(&url) {
        return text.fail(Fault::NotHttps { host });
    }
    if must_be_listed && names.knows_all_hosts() && !names.patterns.iter().any(|pattern| pattern.covers(&url))
    {
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        return text.fail(Fault::HostNotListed { host: host + &port });
    }
    Some(())
}
