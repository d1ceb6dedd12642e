//! What is posted: everything as JSON for a program, a few lines for people in a chat.

use lamplighter_core::api::AlertKind;
use serde_json::json;

use super::Told;

/// Discord takes 2,000 characters, ntfy 4,096 bytes; nobody reads more.
const LONGEST: usize = 1_900;

/// So many go together at most.
const MOST: usize = 10;
/// Between two.
const APART: &str = "\n\n";

/// The body and its content type. Chats get several messages as one; a program gets them one by one.
pub(super) fn body(kind: AlertKind, told: &[Told]) -> (&'static str, String) {
    match kind {
        AlertKind::Webhook => ("application/json", told.first().map(whole).unwrap_or_default()),
        AlertKind::Discord => {
            // Nobody is called by a name that a service put into its answer.
            let content = lines(kind, told);
            (
                "application/json",
                json!({ "content": content, "allowed_mentions": { "parse": [] } }).to_string(),
            )
        }
        AlertKind::Slack => ("application/json", json!({ "text": lines(kind, told) }).to_string()),
        AlertKind::Ntfy => ("text/plain; charset=utf-8", lines(kind, told)),
    }
}

/// How many of the first messages go together: those that can be read whole, and at least one.
pub(super) fn together<'a>(kind: AlertKind, open: impl IntoIterator<Item = &'a Told>) -> usize {
    if kind == AlertKind::Webhook {
        return 1;
    }
    let mut length = 0;
    let fits = |told: &&Told| {
        length += form(kind, told).chars().count();
        let is_whole = length <= LONGEST;
        length += APART.len();
        is_whole
    };
    open.into_iter().take(MOST).take_while(fits).count().max(1)
}

fn form(kind: AlertKind, told: &Told) -> String {
    let (title, body) = (&told.toast.title, &told.toast.body);
    let plain = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    match kind {
        AlertKind::Discord => format!("**{title}**\n{body}"),
        AlertKind::Slack => format!("*{}*\n{}", plain(title), plain(body)),
        AlertKind::Ntfy | AlertKind::Webhook => format!("{title}\n{body}"),
    }
}

fn lines(kind: AlertKind, told: &[Told]) -> String {
    let all: Vec<String> = told.iter().map(|told| form(kind, told)).collect();
    let text = all.join(APART);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn whole(told: &Told) -> String {
    json!({
        "event": told.occasion.map_or("test", |occasion| occasion.word()),
        "account": told.account,
        "service": told.service,
        "at": told.at.0,
        "title": told.toast.title,
        "text": told.toast.body,
        "notice": told.notice,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use lamplighter_core::api::{AlertKind, Occasion, Toast};
    use lamplighter_core::time::Timestamp;

    use super::{Told, body, together};

    fn told(title: &str) -> Told {
        Told {
            toast: Toast {
                key: "k".to_owned(),
                title: title.to_owned(),
                body: "Signed in as <@everyone> & co.".to_owned(),
                buttons: Vec::new(),
                account: None,
            },
            account: "work".to_owned(),
            service: "Slack".to_owned(),
            occasion: Some(Occasion::NeedsLogin),
            notice: None,
            at: Timestamp(5),
        }
    }

    #[test]
    fn s0_4_each_chat_gets_its_own_form_and_nobody_is_called_by_what_a_service_said() {
        let several = [told("a"), told("b")];
        let (kind, text) = body(AlertKind::Discord, &several);
        assert_eq!(kind, "application/json");
        let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        assert_eq!(json["allowed_mentions"]["parse"], serde_json::json!([]));
        assert!(
            json["content"]
                .as_str()
                .is_some_and(|text| text.starts_with("**a**\n") && text.contains("**b**"))
        );
        let (_, text) = body(AlertKind::Slack, &several);
        assert!(text.contains("&lt;@everyone&gt; &amp; co."), "{text}");
        let (kind, text) = body(AlertKind::Ntfy, &several);
        assert!(kind.starts_with("text/plain") && text.starts_with("a\nSigned in"), "{text}");
        let (_, text) = body(AlertKind::Webhook, &several);
        let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        assert_eq!((&json["event"], &json["account"]), (&"needs-login".into(), &"work".into()));
        let long = told(&"é".repeat(5_000));
        assert!(body(AlertKind::Discord, &[long]).1.chars().count() < 2_000);
    }

    #[test]
    fn s0_4_only_what_can_be_read_whole_goes_together_and_at_least_one_message_does() {
        let long: Vec<Told> = (0..9).map(|number| told(&number.to_string().repeat(700))).collect();
        for kind in [AlertKind::Discord, AlertKind::Slack, AlertKind::Ntfy] {
            let count = together(kind, &long);
            assert_eq!(count, 2);
            let (_, text) = body(kind, &long[..count]);
            assert!(text.contains(&"1".repeat(700)) && !text.contains('…'), "{text}");
            assert_eq!(together(kind, &vec![told("a"); 20]), 10);
            assert_eq!(together(kind, &[told(&"é".repeat(5_000)), told("a")]), 1);
        }
        assert_eq!(together(AlertKind::Webhook, &[told("a"), told("b")]), 1);
    }
}
