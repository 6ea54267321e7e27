//! Times: milliseconds since 1970-01-01 UTC, and their one text (F6).
//!
//! In and out: [`Timestamp`] and RFC 3339 text in UTC with exactly three decimals and `Z`.
//! Always: years are 1970 to 9999, one time has one text, and there are no leap seconds, as in POSIX.
//! Not a clock: nothing here reads the present time.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Milliseconds since 1970-01-01T00:00:00.000Z. In bincode a u64.
///
/// ```
/// use courtseal_proof::bytes::time::Timestamp;
///
/// let time = Timestamp::parse("2026-11-23T17:00:00.123Z").unwrap();
/// assert_eq!(time, Timestamp(1_795_453_200_123));
/// assert_eq!(time.plus_ms(877).to_string(), "2026-11-23T17:00:01.000Z");
/// assert_eq!(Timestamp::parse("2026-11-23T17:00:00Z"), None, "a time has one text, with milliseconds");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize)]
pub struct Timestamp(pub u64);

/// The last time with a text: 9999-12-31T23:59:59.999Z.
pub const TIMESTAMP_MAX: Timestamp = Timestamp(253_402_300_799_999);

const DAY_MS: u64 = 86_400_000;

impl Timestamp {
    /// This time plus `ms`, at most [`TIMESTAMP_MAX`].
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms).min(TIMESTAMP_MAX.0))
    }

    /// Reads `YYYY-MM-DDTHH:MM:SS.mmmZ` and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 24 {
            return None;
        }
        let number = |from: usize, to: usize| -> Option<u64> {
            bytes[from..to].iter().try_fold(0, |sum: u64, b| b.is_ascii_digit().then(|| sum * 10 + u64::from(b - b'0')))
        };
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second, ms) = (number(11, 13)?, number(14, 16)?, number(17, 19)?, number(20, 23)?);
        if year < 1970 || !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let days = days_before(year, month)?.checked_add(day.checked_sub(1)?)?;
        let time = Self(days * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + ms);
        // Separators and the length of the month are checked by writing the text again.
        (time.to_string() == text).then_some(time)
    }
}

/// Days from 1970-01-01 to the first of `month` in `year` (proleptic Gregorian; year at least 1970).
fn days_before(year: u64, month: u64) -> Option<u64> {
    // Years are counted from March, so that the leap day is the last of its year.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days_to_march = 365 * y + y / 4 - y / 100 + y / 400;
    (days_to_march + (153 * m + 2) / 5).checked_sub(DAYS_TO_1970)
}

/// Days from 0000-03-01 to 1970-01-01.
const DAYS_TO_1970: u64 = 719_468;

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.0.min(TIMESTAMP_MAX.0);
        let days = time / DAY_MS + DAYS_TO_1970;
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        let ms = time % DAY_MS;
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
            ms / 3_600_000,
            ms / 60_000 % 60,
            ms / 1000 % 60,
            ms % 1000
        )
    }
}

/// Serde as RFC 3339 text, for JSON: `#[serde(with = "courtseal_proof::bytes::time::text")]`.
pub mod text {
    use super::{Deserialize, Deserializer, Serializer, TIMESTAMP_MAX, Timestamp};

    /// Writes the text.
    pub fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        if *time > TIMESTAMP_MAX {
            return Err(serde::ser::Error::custom("a time after the year 9999 has no text"));
        }
        serializer.collect_str(time)
    }

    /// Reads the text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        Timestamp::parse(&text).ok_or_else(|| serde::de::Error::custom("a time is written YYYY-MM-DDTHH:MM:SS.mmmZ, in UTC"))
    }

    /// The same for an optional time.
    pub mod optional {
        use super::{Deserialize, Deserializer, Serializer, Timestamp};

        /// Writes the text, if there is a time.
        pub fn serialize<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
            match time {
                Some(time) => super::serialize(time, serializer),
                None => serializer.serialize_none(),
            }
        }

        /// Reads the text; `null` is refused, an absent field is the caller's `default`.
        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
            let text = String::deserialize(deserializer)?;
            Timestamp::parse(&text)
                .map(Some)
                .ok_or_else(|| serde::de::Error::custom("a time is written YYYY-MM-DDTHH:MM:SS.mmmZ, in UTC"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_answers() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_453_200_123, "2026-11-23T17:00:00.123Z"),
            (TIMESTAMP_MAX.0, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp(ms).to_string(), text);
            assert_eq!(Timestamp::parse(text), Some(Timestamp(ms)));
        }
    }

    #[test]
    fn refuses_other_texts() {
        for text in [
            "2023-02-29T00:00:00.000Z",
            "2026-11-31T00:00:00.000Z",
            "2026-11-23T24:00:00.000Z",
            "2026-11-23T23:59:60.000Z",
            "2026-11-23T17:00:00.123z",
            "2026-11-23 17:00:00.123Z",
            "2026-11-23T17:00:00Z",
            "2026-11-23T17:00:00.123+00:00",
            "2026-00-23T17:00:00.123Z",
            "2026-11-00T17:00:00.123Z",
            "1969-12-31T23:59:59.999Z",
            "",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_round_trip(ms in 0..=TIMESTAMP_MAX.0) {
            prop_assert_eq!(Timestamp::parse(&Timestamp(ms).to_string()), Some(Timestamp(ms)));
        }
    }
}
