//! Moments and durations as a person reads them, in their time zone.

use std::time::Duration;

use jiff::Zoned;
use jiff::tz::TimeZone;

use super::Lang;
use crate::time::Timestamp;

/// The present and the person's time zone.
#[derive(Debug, Clone, Copy)]
pub struct Clock<'a> {
    /// Now.
    pub now: Timestamp,
    /// Time zone.
    pub tz: &'a TimeZone,
}

const DAYS_EN: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const DAYS_FR: [&str; 7] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];
const MONTHS_EN: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MONTHS_FR: [&str; 12] =
    ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."];

fn zoned(at: Timestamp, tz: &TimeZone) -> Zoned {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or_default().to_zoned(tz.clone())
}

/// On its own, as in a table: "14:02" today, "Tuesday 14:02" within a week, "3 Dec 14:02" else. In a sentence
/// take [`at`], [`since`], [`until`] or [`about`].
pub fn moment(at: Timestamp, clock: Clock<'_>, lang: Lang) -> String {
    let (then, now) = (zoned(at, clock.tz), zoned(clock.now, clock.tz));
    let time = format!("{:02}:{:02}", then.hour(), then.minute());
    if then.date() == now.date() { time } else { format!("{} {time}", day(at, clock, lang)) }
}

/// Six days at most have a weekday: the same one a week away would be misread as today.
fn is_far(then: &Zoned, now: &Zoned) -> bool {
    (then.timestamp().as_second() - now.timestamp().as_second()).abs() >= 6 * 86_400
}

/// "Tuesday" within a week, "3 Dec" else.
pub fn day(at: Timestamp, clock: Clock<'_>, lang: Lang) -> String {
    let (then, now) = (zoned(at, clock.tz), zoned(clock.now, clock.tz));
    if !is_far(&then, &now) {
        let index = usize::from(then.weekday().to_monday_zero_offset().unsigned_abs());
        lang.pick(DAYS_EN[index], DAYS_FR[index]).to_owned()
    } else {
        let index = usize::from(then.month().unsigned_abs()) - 1;
        format!("{} {}", then.day(), lang.pick(MONTHS_EN[index], MONTHS_FR[index]))
    }
}

/// How near a moment is decides how it is named.
enum Near {
    Today,
    /// Within a week: by its weekday.
    Week,
    Far,
}

/// The time of day, the day's name, and which of the two are needed.
fn parts(at: Timestamp, clock: Clock<'_>, lang: Lang) -> (String, String, Near) {
    let (then, now) = (zoned(at, clock.tz), zoned(clock.now, clock.tz));
    let time = format!("{:02}:{:02}", then.hour(), then.minute());
    let near = match is_far(&then, &now) {
        _ if then.date() == now.date() => Near::Today,
        true => Near::Far,
        false => Near::Week,
    };
    (time, day(at, clock, lang), near)
}

/// "at 14:02", "on Tuesday at 14:02", "on 3 Dec at 14:02"; "à 14:02", "mardi à 14:02", "le 3 déc. à 14:02".
pub fn at(at: Timestamp, clock: Clock<'_>, lang: Lang) -> String {
    let (time, day, near) = parts(at, clock, lang);
    match (lang, near) {
        (Lang::En, Near::Today) => format!("at {time}"),
        (Lang::En, Near::Week | Near::Far) => format!("on {day} at {time}"),
        (Lang::Fr, Near::Today) => format!("à {time}"),
        (Lang::Fr, Near::Week) => format!("{day} à {time}"),
        (Lang::Fr, Near::Far) => format!("le {day} à {time}"),
    }
}

/// "since 14:02", "since Tuesday 14:02"; "depuis mardi à 14:02", "depuis le 3 déc. à 14:02".
pub fn since(at: Timestamp, clock: Clock<'_>, lang: Lang) -> String {
    let (time, day, near) = parts(at, clock, lang);
    match (lang, near) {
        (Lang::En, Near::Today) => format!("since {time}"),
        (Lang::En, Near::Week | Near::Far) => format!("since {day} {time}"),
        (Lang::Fr, Near::Today) => format!("depuis {time}"),
        (Lang::Fr, Near::Week) => format!("depuis {day} à {time}"),
        (Lang::Fr, Near::Far) => format!("depuis le {day} à {time}"),
    }
}

/// "until 14:31", "until Tuesday 14:31"; "jusqu'à mardi à 14:31", "jusqu'au 3 déc. à 14:31".
pub fn until(at: Timestamp, clock: Clock<'_>, lang: Lang) -> String {
    let (time, day, near) = parts(at, clock, lang);
    match (lang, near) {
        (Lang::En, Near::Today) => format!("until {time}"),
        (Lang::En, Near::Week | Near::Far) => format!("until {day} {time}"),
        (Lang::Fr, Near::Today) => format!("jusqu’à {time}"),
        (Lang::Fr, Near::Week) => format!("jusqu’à {day} à {time}"),
        (Lang::Fr, Near::Far) => format!("jusqu’au {day} à {time}"),
    }
}

/// "about 14:00", "about Tuesday 14:00"; "vers mardi 14:00", "vers le 3 déc. à 14:00".
pub fn about(at: Timestamp, clock: Clock<'_>, lang: Lang) -> String {
    let (time, day, near) = parts(at, clock, lang);
    match (lang, near) {
        (Lang::En, Near::Today) => format!("about {time}"),
        (Lang::En, Near::Week | Near::Far) => format!("about {day} {time}"),
        (Lang::Fr, Near::Today) => format!("vers {time}"),
        (Lang::Fr, Near::Week) => format!("vers {day} {time}"),
        (Lang::Fr, Near::Far) => format!("vers le {day} à {time}"),
    }
}

/// By its day only, unless that is today: "at about 20:05", "on Thursday", "on 3 Dec"; "vers 20:05", "jeudi",
/// "le 3 déc.".
pub fn around(at: Timestamp, clock: Clock<'_>, lang: Lang) -> String {
    let (time, day, near) = parts(at, clock, lang);
    match (lang, near) {
        (Lang::En, Near::Today) => format!("at about {time}"),
        (Lang::En, Near::Week | Near::Far) => format!("on {day}"),
        (Lang::Fr, Near::Today) => format!("vers {time}"),
        (Lang::Fr, Near::Week) => day,
        (Lang::Fr, Near::Far) => format!("le {day}"),
    }
}

/// "40 s", "6 min", "11 h 42 min", "3 days".
pub fn duration(length: Duration, lang: Lang) -> String {
    let seconds = length.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..90 => format!("{seconds} s"),
        90..3600 => format!("{minutes} min"),
        3600..172_800 if minutes % 60 == 0 => format!("{hours} h"),
        3600..172_800 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} {}", lang.pick("days", "jours")),
    }
}

/// "9 to 14 days", "20 h to 3 days", "9 days"; "de 9 à 14 jours".
pub fn spread(shortest: Duration, longest: Duration, lang: Lang) -> String {
    let (from, to) = (duration(shortest, lang), duration(longest, lang));
    if from == to {
        return to;
    }
    // Of two in the same unit the first goes without it.
    let unit = |text: &str| text.rsplit_once(' ').map(|(_, unit)| unit.to_owned());
    let is_plain = |text: &str| text.split(' ').count() == 2;
    let from = match (unit(&from) == unit(&to) && is_plain(&from) && is_plain(&to), from.split_once(' ')) {
        (true, Some((number, _))) => number.to_owned(),
        _ => from,
    };
    match lang {
        Lang::En => format!("{from} to {to}"),
        Lang::Fr => format!("de {from} à {to}"),
    }
}
