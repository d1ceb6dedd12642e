//! One try to post messages to a web hook, and why it did not take them.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lamplighter_core::config::{AlertSettings, AlertUrl, is_alert_address};
use lamplighter_core::exchange::HttpRequest;
use lamplighter_core::report::Notice;
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::body::body;
use super::{Told, words};
use crate::run::Ports;

/// Why a message was not taken.
pub(crate) struct Refusal {
    pub notice: Notice,
    /// Trying again is in vain.
    pub(super) is_final: bool,
    /// The hook asked for so much patience.
    pub(super) wait: Duration,
}

/// Posts messages once; people are told of the hook as `to`. The status decides: what else a hook says is not waited for.
///
/// # Errors
/// Why they were not taken.
pub(crate) async fn post(
    ports: &Ports,
    settings: &AlertSettings,
    to: &str,
    told: &[Told],
    lang: Lang,
) -> Result<(), Refusal> {
    let is_sample = told.iter().all(|told| told.occasion.is_none());
    let address = match &settings.url {
        AlertUrl::Plain(url) => url.clone(),
        AlertUrl::Secret(name) => match crate::run::alert_address(ports, name).await {
            Ok(Some(secret)) => secret.expose_str().unwrap_or_default().to_owned(),
            Ok(None) => return Err(refusal(words::no_secret(name.as_str(), lang), is_sample, lang)),
            Err(_) => return Err(passing(words::store_shut(is_sample, lang), Duration::ZERO)),
        },
    };
    let address = Zeroizing::new(address);
    let url = url::Url::parse(&address).ok().filter(|_| is_alert_address(&address));
    let Some(mut url) = url else {
        return Err(refusal(words::bad_address(to, lang), is_sample, lang));
    };
    let (content_type, text) = body(settings.kind, told);
    let mut headers = vec![("content-type".to_owned(), Secret::from(content_type))];
    headers.extend(taken_out(&mut url).map(|basic| ("authorization".to_owned(), basic)));
    let request = HttpRequest { method: "POST".to_owned(), url, headers, body: Some(Secret::from(text)) };
    match ports.http.answered(request).await.reply {
        Ok(reply) if (200..300).contains(&reply.status) => Ok(()),
        Ok(reply) => {
            let named = reply.headers.iter().find(|(name, _)| name == "retry-after");
            let seconds = named.and_then(|(_, value)| value.expose_str()?.trim().parse().ok());
            let wait = Duration::from_secs(seconds.unwrap_or(0));
            let notice = words::said(to, reply.status, lang);
            Err(match reply.status {
                408 | 425 | 429 | 500..=599 => passing(notice, wait),
                _ => refusal(notice, is_sample, lang),
            })
        }
        Err(_) => Err(passing(words::unreachable(to, is_sample, lang), Duration::ZERO)),
    }
}

/// Name and password of an address, as a header (RFC 7617); they are not in the address any more.
fn taken_out(url: &mut url::Url) -> Option<Secret> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let plain = |text: &str| Zeroizing::new(percent_decode_str(text).collect::<Vec<u8>>());
    let mut pair = plain(url.username());
    pair.push(b':');
    pair.extend_from_slice(&plain(url.password().unwrap_or_default()));
    let basic = Zeroizing::new(format!("Basic {}", Zeroizing::new(BASE64_STANDARD.encode(&*pair)).as_str()));
    // An address of the web can be without either.
    url.set_username("").and_then(|()| url.set_password(None)).ok()?;
    Some(Secret::from(basic.as_str()))
}

pub(super) fn passing(notice: Notice, wait: Duration) -> Refusal {
    Refusal { notice, is_final: false, wait }
}

/// A sample that is refused has cost nobody a message.
fn refusal(notice: Notice, is_sample: bool, lang: Lang) -> Refusal {
    match is_sample {
        true => Refusal { notice, is_final: true, wait: Duration::ZERO },
        false => final_refusal(notice, lang),
    }
}

pub(super) fn final_refusal(notice: Notice, lang: Lang) -> Refusal {
    let notice = notice.next(lang.pick(
        "What was missed here and is still so is told once a message is taken or the address is set anew, and after the next start.",
        "Ce qui a été manqué ici et vaut encore est annoncé dès qu’un message est accepté ou que l’adresse est redéfinie, et après le prochain démarrage.",
    ));
    Refusal { notice, is_final: true, wait: Duration::ZERO }
}

#[cfg(test)]
mod tests {
    use super::taken_out;

    #[test]
    fn s0_4_name_and_password_go_as_curl_sends_them_and_out_of_the_address() {
        for (given, left, header) in [
            ("https://ana:s%20e%3Ac@example.com/x", "https://example.com/x", Some("Basic YW5hOnMgZTpj")),
            ("https://token@example.com/", "https://example.com/", Some("Basic dG9rZW46")),
            ("https://:word@example.com/", "https://example.com/", Some("Basic OndvcmQ=")),
            ("https://example.com/?a@b", "https://example.com/?a@b", None),
        ] {
            let mut url = url::Url::parse(given).expect("an address");
            let basic = taken_out(&mut url);
            assert_eq!(url.as_str(), left);
            assert_eq!(basic.as_ref().and_then(|basic| basic.expose_str()), header, "{given}");
        }
    }
}
