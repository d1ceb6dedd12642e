//! Cookie dates (section 5.1.1): a lenient reading that all browsers share, never a strict format.

use crate::time::Timestamp;

/// The moment a cookie date names, or `None` if it names none.
pub(super) fn parse(date: &[u8]) -> Option<Timestamp> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in date.split(|byte| is_delimiter(*byte)).filter(|token| !token.is_empty()) {
        // Each token is tried in this order, and each is found once; the first of its kind counts.
        if time.is_none() {
            time = time_of(token);
            if time.is_some() {
                continue;
            }
        }
        if day.is_none() {
            day = number_of(token, 1, 2);
            if day.is_some() {
                continue;
            }
        }
        if month.is_none() {
            month = month_of(token);
            if month.is_some() {
                continue;
            }
        }
        if year.is_none() {
            year = number_of(token, 2, 4);
        }
    }
    let year = match year? {
        short @ 70..=99 => short + 1900,
        short @ 0..=69 => short + 2000,
        full @ 1601.. => full,
        _ => return None,
    };
    let (hour, minute, second) = time?;
    moment(i16::try_from(year).ok()?, month?, i8::try_from(day?).ok()?, hour, minute, second)
}

fn moment(year: i16, month: i8, day: i8, hour: i8, minute: i8, second: i8) -> Option<Timestamp> {
    // By difference and not as a jiff timestamp, whose range ends a day before the 9999-12-31 that servers send.
    let civil = jiff::civil::DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    let since_epoch = civil.duration_since(jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0));
    Some(Timestamp(since_epoch.as_secs().checked_mul(1000)?))
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, 0x09 | 0x20..=0x2f | 0x3b..=0x40 | 0x5b..=0x60 | 0x7b..=0x7e)
}

/// `H:M:S`, one or two digits each, anything but a digit after it.
fn time_of(token: &[u8]) -> Option<(i8, i8, i8)> {
    let mut fields = token.splitn(3, |byte| *byte == b':');
    let hour = exact(fields.next()?)?;
    let minute = exact(fields.next()?)?;
    let second = number_of(fields.next()?, 1, 2)?;
    Some((hour, minute, i8::try_from(second).ok()?))
}

fn exact(field: &[u8]) -> Option<i8> {
    if field.iter().all(u8::is_ascii_digit) { i8::try_from(number_of(field, 1, 2)?).ok() } else { None }
}

/// A number of `least` to `most` digits at the start of `token`, with no further digit after it.
fn number_of(token: &[u8], least: usize, most: usize) -> Option<u16> {
    let digits = token.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits < least || digits > most {
        return None;
    }
    Some(token[..digits].iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')))
}

fn month_of(token: &[u8]) -> Option<i8> {
    const MONTHS: [&[u8; 3]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    let start = token.get(..3)?.to_ascii_lowercase();
    let index = MONTHS.iter().position(|name| start == name.as_slice())?;
    i8::try_from(index + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_leniently_as_browsers_do() {
        let same = [
            "Wed, 09 Jun 2021 10:18:14 GMT",
            "Wednesday, 09-Jun-21 10:18:14 GMT",
            "Wed Jun  9 10:18:14 2021",
            "09 jUnE 2021 10:18:14",
            "9-Jun-2021-10:18:14zone",
            "10:18:14 9 June 2021 11:00:00",
        ];
        for date in same {
            assert_eq!(parse(date.as_bytes()), Some(Timestamp(1_623_233_894_000)), "{date}");
        }
        assert_eq!(parse(b"Thu, 01 Jan 1970 00:00:00 GMT"), Some(Timestamp(0)));
        assert_eq!(parse(b"01 Jan 69 00:00:00"), Some(Timestamp(3_124_224_000_000)));
    }

    #[test]
    fn what_is_no_date_is_none() {
        let none = [
            "",
            "tomorrow",
            "09 Jun 2021",
            "31 Feb 2021 10:18:14",
            "1 Jan 1600 00:00:00",
            "1 Jan 2021 24:00:00",
            "1 Jan 2021 00:60:00",
            "1 Jan 20211 00:00:00",
            "32 Jan 2021 00:00:00",
        ];
        for date in none {
            assert_eq!(parse(date.as_bytes()), None, "{date}");
        }
    }
}
