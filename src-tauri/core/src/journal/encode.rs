//! Entries as bytes: by hand, because they hold secrets (I7).

use zeroize::Zeroizing;

use super::{Answer, Back, Entry, Mark, Place, Scratch};
use crate::exchange::{BrowserResult, Exchange, Reply};
use crate::jar::write_cookie;
use crate::record::write_storage;
use crate::secret::{JsonWriter, Secret};

impl Entry {
    /// The entry's plain bytes, to be sealed by the journal.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut json = JsonWriter::new();
        json.object(|json| match self {
            Self::Mark(mark) => write_mark(json, mark),
            Self::Unmark(place) => {
                json.text("entry", "unmark");
                write_place(json, place);
            }
            Self::Answer(answer) => write_answer(json, answer),
            Self::Record(record) => {
                json.text("entry", "record");
                json.secret_base64("record", record);
            }
        });
        json.finish()
    }
}

fn write_place(json: &mut JsonWriter, place: &Place) {
    json.text("chain", place.chain.as_str());
    json.value("generation", &place.generation);
    json.value("rung", &place.rung);
    json.value("step", &place.step);
}

fn write_mark(json: &mut JsonWriter, mark: &Mark) {
    json.text("entry", "mark");
    write_place(json, &mark.place);
    json.value("replays", &mark.replays);
    json.value("was_rejected", &mark.was_rejected);
    if let Some(way) = &mark.way {
        json.text("way", way);
    }
    let Scratch { record, steps, is_doubtful } = &mark.work;
    if let Some(record) = record {
        json.secret_base64("record", record);
    }
    write_pairs(json, "steps", steps);
    if *is_doubtful {
        json.value("is_doubtful", is_doubtful);
    }
    if let Some(stored) = &mark.stored {
        json.secret_base64("stored", stored);
    }
}

fn write_answer(json: &mut JsonWriter, answer: &Answer) {
    json.text("entry", "answer");
    write_place(json, &answer.place);
    if let Some(next) = answer.next {
        json.value("next", &next);
    }
    match &answer.back {
        Back::Http(exchange) => json.object_at("http", |json| write_exchange(json, exchange)),
        Back::Browser(result) => json.object_at("browser", |json| write_browser(json, result)),
    }
}

fn write_exchange(json: &mut JsonWriter, exchange: &Exchange) {
    json.value("sent", &exchange.sent);
    json.value("took", &exchange.took);
    json.value("at", &exchange.at);
    match &exchange.reply {
        Ok(reply) => json.object_at("reply", |json| write_reply(json, reply)),
        Err(why) => json.value("no_reply", why),
    }
}

fn write_reply(json: &mut JsonWriter, reply: &Reply) {
    json.value("status", &reply.status);
    write_pairs(json, "headers", &reply.headers);
    json.secret_base64("body", &reply.body);
    if let Some(date) = reply.date {
        json.value("date", &date);
    }
}

fn write_browser(json: &mut JsonWriter, result: &BrowserResult) {
    json.value("end", &result.end);
    if let Some(url) = &result.url {
        json.secret_base64("url", &Secret::from(url.as_str()));
    }
    if let Some(cookies) = &result.cookies {
        json.array_at("cookies", |json| cookies.iter().for_each(|cookie| write_cookie(json, cookie)));
    }
    if let Some(storage) = &result.storage {
        json.array_at("storage", |json| storage.iter().for_each(|item| write_storage(json, item)));
    }
    write_pairs(json, "request_headers", &result.request_headers);
    if let Some(user_agent) = &result.user_agent {
        json.text("user_agent", user_agent);
    }
    json.value("took", &result.took);
    json.value("at", &result.at);
}

fn write_pairs(json: &mut JsonWriter, key: &str, pairs: &[(String, Secret)]) {
    json.array_at(key, |json| {
        for (name, value) in pairs {
            json.object(|json| {
                json.text("name", name);
                json.secret_base64("value", value);
            });
        }
    });
}
