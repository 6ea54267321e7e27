//! The present time, and times as people write them.
//!
//! In: RFC 3339, with any offset. Out: a time in UTC, to the millisecond. Always: what has no offset is
//! refused, because nobody can tell which time is meant. Not for times in texts that are signed: those have
//! one form.

use courtseal_proof::bytes::time::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// Reads a time such as `2026-11-23T17:00:00Z`, `2026-11-23 17:00:00.5+08:00`. What is finer than a
/// millisecond is dropped.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<Timestamp, String> {
    let wrong = || format!("{text:?} is not a time such as 2026-11-23T17:00:00Z or 2026-11-23T17:00:00+08:00");
    let plain = text.trim().to_ascii_uppercase();
    let (clock, offset_min) = offset(&plain).ok_or_else(|| match Timestamp::parse(&utc(&plain, "000")) {
        Some(_) => format!("{text:?} has no offset from UTC: end it with Z, or with one such as +08:00"),
        None => wrong(),
    })?;
    let (seconds, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) || !seconds.is_ascii() {
        return Err(wrong());
    }
    let ms: String = fraction.chars().chain("00".chars()).take(3).collect();
    let local = Timestamp::parse(&utc(seconds, &ms)).ok_or_else(wrong)?;
    let at = i64::try_from(local.0).ok().and_then(|ms| ms.checked_sub(offset_min * 60_000)).and_then(|ms| u64::try_from(ms).ok());
    at.map(Timestamp).ok_or_else(|| format!("{text:?} is before 1970"))
}

fn utc(seconds: &str, ms: &str) -> String {
    format!("{}.{ms}Z", seconds.replacen(' ', "T", 1))
}

/// The time without its offset, and the offset in minutes.
fn offset(text: &str) -> Option<(&str, i64)> {
    if let Some(clock) = text.strip_suffix('Z') {
        return Some((clock, 0));
    }
    // A date has two hyphens before its tenth character.
    let at = text.char_indices().skip(10).find(|(_, letter)| ['+', '-'].contains(letter))?.0;
    let (clock, offset) = text.split_at(at);
    let (hours, minutes) = offset[1..].split_once(':')?;
    let number = |text: &str, below: i64| text.parse().ok().filter(|number| text.len() == 2 && (0..below).contains(number));
    let minutes = number(hours, 24)? * 60 + number(minutes, 60)?;
    Some((clock, if offset.starts_with('-') { -minutes } else { minutes }))
}

/// The machine's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(0).plus_ms(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_people_write_them() {
        for (written, meant) in [
            ("2026-11-23T17:00:00Z", "2026-11-23T17:00:00.000Z"),
            ("2026-11-23T17:00:00.5Z", "2026-11-23T17:00:00.500Z"),
            ("2026-11-23T17:00:00.123456Z", "2026-11-23T17:00:00.123Z"),
            ("2026-11-23T17:00:00+08:00", "2026-11-23T09:00:00.000Z"),
            ("2026-11-23 17:00:00-01:30", "2026-11-23T18:30:00.000Z"),
            (" 2026-11-23t17:00:00z ", "2026-11-23T17:00:00.000Z"),
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
            ("2024-02-29T00:00:00+00:00", "2024-02-29T00:00:00.000Z"),
        ] {
            assert_eq!(parse(written).unwrap().to_string(), meant, "{written}");
        }
        for (wrong, why) in [
            ("2026-11-23T17:00:00", "no offset"),
            ("2026-11-23 17:00:00", "no offset"),
            ("2026-11-23", "not a time"),
            ("2026-02-29T00:00:00Z", "not a time"),
            ("2016-12-31T23:59:60Z", "not a time"),
            ("1970-01-01T00:00:00+00:01", "before 1970"),
            ("2026-11-23T17:00:00+8:00", "not a time"),
            ("2026-11-23T17:00:00+24:00", "not a time"),
            ("2026-11-23T17:00:00.Z", "not a time"),
            ("now", "not a time"),
            ("1795453200", "not a time"),
            ("", "not a time"),
            ("é026-11-23T17:00:00+08:00", "not a time"),
        ] {
            assert!(parse(wrong).unwrap_err().contains(why), "{wrong}: {:?}", parse(wrong));
        }
    }
}
