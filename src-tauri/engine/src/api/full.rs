//! What whoever comes is told when every connection has a call under way (T25).

use std::time::Duration;

use lamplighter_core::api::ErrorBody;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

/// The answer is shorter than any buffer of a socket: who does not take it at once gets none.
const WITHIN: Duration = Duration::from_secs(1);

/// Answers that there is no room, without reading what was asked, and closes.
pub(super) async fn turn_away(mut stream: impl AsyncWrite + Unpin, lang: Lang) {
    let answer = answer(lang);
    let told = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    };
    if !matches!(tokio::time::timeout(WITHIN, told).await, Ok(Ok(()))) {
        tracing::debug!("who was turned away did not wait to be told");
    }
}

fn answer(lang: Lang) -> String {
    let error = notice(lang);
    let status = error.code.status();
    let body = serde_json::to_string(&ErrorBody { error }).unwrap_or_default();
    format!(
        "HTTP/1.1 {status} Service Unavailable\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn notice(lang: Lang) -> Notice {
    Notice::new(
        Code::Busy,
        lang.pick(
            "As many programs as can be served at once have a call under way.",
            "Autant de programmes qu’il peut en être servi à la fois ont un appel en cours.",
        ),
    )
    .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
    .next(lang.pick(
        "Nothing was done; there is room again as soon as one of them has its answer.",
        "Rien n’a été fait\u{a0}; il y aura de la place dès que l’un d’eux aura sa réponse.",
    ))
    .cure(lang.pick("Try again in a moment.", "Réessayez dans un instant."))
}
