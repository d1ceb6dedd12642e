//! A reply whose body was read once: as JSON, as a form, or as text.

use url::Url;

use super::conditions::Scene;
use super::json::Json;
use super::model::{Answers, JsonPath};
use crate::exchange::Reply;

/// A reply, its body read, and the address that it came from (the last one, if redirects were followed).
pub struct Answer<'a> {
    /// The reply.
    pub reply: &'a Reply,
    /// Address of the request that was answered.
    pub url: Option<Url>,
    /// Body as JSON; a form (F17) is an object of texts.
    pub json: Option<Json>,
    /// The body claims to be JSON and is none (F8, F28): on a 2xx the request's fate is unknown.
    pub is_unreadable: bool,
}

impl<'a> Answer<'a> {
    /// Reads the body of `reply`.
    pub fn read(reply: &'a Reply, url: Option<Url>) -> Self {
        let body = reply.body.expose();
        let content_type = header(reply, "content-type").unwrap_or_default().to_ascii_lowercase();
        let start = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
        let claims_json = content_type.contains("json") && !start.is_empty();
        let json = if claims_json || matches!(start.first(), Some(b'{' | b'[')) {
            Json::read(body)
        } else if is_form(&content_type, start) {
            Some(read_form(start))
        } else {
            None
        };
        let is_unreadable = claims_json && json.is_none();
        Self { reply, url, json, is_unreadable }
    }

    /// Whether the status is 2xx.
    pub fn is_2xx(&self) -> bool {
        (200..300).contains(&self.reply.status)
    }

    /// Whether the service says by its own form that something went wrong: `[answers] error` holds; or, without
    /// that, there is a code. On a 2xx a code of the file's own place counts only if a list names it, because
    /// good answers have a `code` or `message` too; `error` (RFC 6749 section 5.2) always does (F16).
    pub fn is_error(&self, answers: &Answers) -> bool {
        if let Some(condition) = &answers.error {
            return Scene::of_answer(self).holds(condition);
        }
        let Some(code) = self.error_code(answers) else { return false };
        let lists = [&answers.last, &answers.rejected, &answers.app, &answers.throttled, &answers.transient];
        !self.is_2xx() || answers.code.is_none() || lists.into_iter().any(|list| list.contains(&code))
    }

    /// The code that the service gives: at `[answers] code`, else at `error` (RFC 6749 section 5.2). Text, or a
    /// number other than 0; `"error": false` is none. Not a secret, but written by the service: cut at 200
    /// characters.
    pub fn error_code(&self, answers: &Answers) -> Option<String> {
        answers.code.as_ref().map_or_else(|| self.standard_code(), |path| self.code_at(path))
    }

    /// The code at `error` (RFC 6749 section 5.2), wherever the file says that its own codes are.
    pub fn standard_code(&self) -> Option<String> {
        self.code_at(&JsonPath(vec!["error".to_owned()]))
    }

    fn code_at(&self, path: &JsonPath) -> Option<String> {
        match self.json.as_ref()?.at(path)? {
            Json::Text(text) if !text.is_empty() => {
                text.expose_str().map(|code| code.chars().take(200).collect())
            }
            Json::Number(number) if number.as_f64() != Some(0.0) => Some(number.to_string()),
            _ => None,
        }
    }

    /// A header's value, if it is text; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(self.reply, name)
    }

    /// It calls itself a page.
    pub fn is_html(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.trim_start().starts_with("text/html"))
    }

    /// Whether it sets a cookie of that name.
    pub fn sets_cookie(&self, name: &str) -> bool {
        let lines = self.reply.headers.iter().filter(|(have, _)| have == "set-cookie");
        let mut names = lines.filter_map(|(_, line)| line.expose().split(|byte| *byte == b'=').next());
        names.any(|have| have.trim_ascii() == name.as_bytes())
    }

    /// Where a redirect that was not followed points.
    pub fn location(&self) -> Option<Url> {
        let location = self.header("location")?;
        match &self.url {
            Some(base) => base.join(location).ok(),
            None => Url::parse(location).ok(),
        }
    }
}

fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply.headers.iter().find(|(have, _)| have == name)?.1.expose_str()
}

/// Some services label a form as plain text: it is one if it begins like a token answer.
fn is_form(content_type: &str, body: &[u8]) -> bool {
    content_type.starts_with("application/x-www-form-urlencoded")
        || (content_type.starts_with("text/plain")
            && (body.starts_with(b"access_token=") || body.starts_with(b"error=")))
}

fn read_form(body: &[u8]) -> Json {
    let pairs = url::form_urlencoded::parse(body.trim_ascii_end());
    Json::Object(
        pairs.map(|(key, value)| (key.into_owned(), Json::Text(value.into_owned().into()))).collect(),
    )
}
