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

/// "14:02" today, "Tuesday 14:02" within a week, "3 Dec 14:02" else.
pub fn moment(at: Timestamp, clock: Clock<'_>, lang: Lang) -> String {
    let (then, now) = (zoned(at, clock.tz), zoned(clock.now, clock.tz));
    let time = format!("{:02}:{:02}", then.hour(), then.minute());
    if then.date() == now.date() { time } else { format!("{} {time}", day(at, clock, lang)) }
}

/// "Tuesday" within a week, "3 Dec" else.
pub fn day(at: Timestamp, clock: Clock<'_>, lang: Lang) -> String {
    let (then, now) = (zoned(at, clock.tz), zoned(clock.now, clock.tz));
    let apart = (then.timestamp().as_second() - now.timestamp().as_second()).abs();
    // Six days at most: the same weekday a week away would be misread as today.
    if apart < 6 * 86_400 {
        let index = usize::from(then.weekday().to_monday_zero_offset().unsigned_abs());
        lang.pick(DAYS_EN[index], DAYS_FR[index]).to_owned()
    } else {
        let index = usize::from(then.month().unsigned_abs()) - 1;
        format!("{} {}", then.day(), lang.pick(MONTHS_EN[index], MONTHS_FR[index]))
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
