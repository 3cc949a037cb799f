//! A type for a column of texts, by the rules of dbt's CSV reader.
//!
//! Tried in order: number, date, date with time, ISO 8601 date with time, boolean; the first that fits every value
//! that is not blank or `null`; else text. A column with no rows at all is an integer, as one of only blanks is.
//! Spellings that dbt's reader takes for numbers or times but no warehouse can read (`$5`, `1,000`, `5%`, `NaN`,
//! `2020-W01`) make a column text here, where dbt fails at the load.

use chrono::{NaiveDate, NaiveDateTime};

use crate::relation::AdapterKind;

/// What the values seen so far allow.
#[derive(Clone, Debug)]
pub(super) struct Guess {
    is_number: bool,
    is_date: bool,
    is_datetime: bool,
    is_iso_datetime: bool,
    is_boolean: bool,
    number: Magnitude,
}

/// The widest number seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Magnitude {
    Int32,
    Int64,
    Int128,
    Fractional,
}

impl Default for Guess {
    fn default() -> Self {
        Self {
            is_number: true,
            is_date: true,
            is_datetime: true,
            is_iso_datetime: true,
            is_boolean: true,
            number: Magnitude::Int32,
        }
    }
}

impl Guess {
    pub fn see(&mut self, value: &str) {
        let value = value.trim();
        if value.is_empty() || value.eq_ignore_ascii_case("null") {
            return;
        }
        if self.is_number {
            match magnitude(value) {
                Some(magnitude) => self.number = self.number.max(magnitude),
                None => self.is_number = false,
            }
        }
        self.is_date = self.is_date && is_date(value);
        self.is_datetime = self.is_datetime && is_datetime(value);
        self.is_iso_datetime = self.is_iso_datetime && is_iso_datetime(value);
        self.is_boolean =
            self.is_boolean && (value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false"));
    }

    /// The warehouse's type, in the spelling of dbt's adapters. Whole numbers that do not fit their `integer` get
    /// the next wider type.
    pub fn type_name(&self, kind: AdapterKind) -> &'static str {
        let (duckdb, bigquery) = if self.is_number {
            match self.number {
                Magnitude::Int32 => ("integer", "int64"),
                Magnitude::Int64 => ("bigint", "int64"),
                Magnitude::Int128 => ("hugeint", "bignumeric"),
                Magnitude::Fractional => ("float8", "float64"),
            }
        } else if self.is_date {
            ("date", "date")
        } else if self.is_datetime || self.is_iso_datetime {
            ("timestamp without time zone", "datetime")
        } else if self.is_boolean {
            ("boolean", "bool")
        } else {
            ("text", "string")
        };
        match kind {
            AdapterKind::DuckDb => duckdb,
            AdapterKind::BigQuery => bigquery,
        }
    }
}

/// Digits with a sign, a point, an exponent. `1.0` counts as whole, as with Python's normalized decimals.
fn magnitude(value: &str) -> Option<Magnitude> {
    let unsigned = value.strip_prefix('-').unwrap_or(value);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let places = i64::try_from(fraction.len()).ok()? - i64::from(exponent);
    if places > 0 && !(whole.bytes().chain(fraction.bytes()).all(|byte| byte == b'0')) {
        // `1500e-2` is 15: trailing zeros of the digits are no places.
        let zeros = if fraction.is_empty() { whole.len() - whole.trim_end_matches('0').len() } else { 0 };
        if places > zeros as i64 {
            return Some(Magnitude::Fractional);
        }
    }
    // Counted, not multiplied out: an exponent may be of any size.
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(Magnitude::Int32);
    }
    let length = digits.len() as i64 - places;
    if length > 38 {
        return Some(Magnitude::Fractional);
    }
    let kept = &digits[..digits.len().min(length.max(0) as usize)];
    let number = format!("{kept:0<width$}", width = length.max(0) as usize).parse::<i128>().unwrap_or_default();
    let number = if value.starts_with('-') { -number } else { number };
    Some(if i32::try_from(number).is_ok() {
        Magnitude::Int32
    } else if i64::try_from(number).is_ok() {
        Magnitude::Int64
    } else {
        Magnitude::Int128
    })
}

/// `%Y-%m-%d` as Python's `strptime` reads it: a year of four digits, month and day of one or two.
fn is_date(value: &str) -> bool {
    let mut parts = value.split('-');
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let number = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        let is_number = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { text.parse::<u32>().ok() } else { None }
    };
    match (number(year, 4..=4), number(month, 1..=2), number(day, 1..=2)) {
        (Some(year), Some(month), Some(day)) => year > 0 && NaiveDate::from_ymd_opt(year as i32, month, day).is_some(),
        _ => false,
    }
}

/// `%Y-%m-%d %H:%M:%S`, no fraction.
fn is_datetime(value: &str) -> bool {
    let Some((date, time)) = value.split_once(char::is_whitespace) else { return false };
    is_date(date)
        && NaiveDateTime::parse_from_str(&format!("2000-01-01 {}", time.trim_start()), "%Y-%m-%d %H:%M:%S").is_ok()
}

/// `2020-01-02T03:04[:05[.6]][Z|+01:00]`.
fn is_iso_datetime(value: &str) -> bool {
    let Some((date, time)) = value.split_once('T') else { return false };
    let zone_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone_at);
    let is_zone = match zone.strip_prefix(['+', '-']) {
        None => zone.is_empty() || zone == "Z",
        Some(offset) => {
            let digits = offset.replacen(':', "", 1);
            [2, 4].contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
    };
    let has_two_digits = clock.len() >= 5 && clock.as_bytes()[2] == b':';
    let is_clock =
        ["%H:%M:%S%.f", "%H:%M"].iter().any(|format| chrono::NaiveTime::parse_from_str(clock, format).is_ok());
    date.len() == 10 && is_date(date) && is_zone && has_two_digits && is_clock
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(values: &[&str]) -> &'static str {
        let mut guess = Guess::default();
        values.iter().for_each(|value| guess.see(value));
        guess.type_name(AdapterKind::DuckDb)
    }

    #[test]
    fn numbers_are_whole_unless_a_digit_behind_the_point_counts() {
        assert_eq!(guess(&["1", " -2 ", "", "NULL", "007"]), "integer");
        assert_eq!(guess(&["1.0", "2.", "1e5", "1500e-2", "0.000"]), "integer");
        assert_eq!(guess(&["1", "2147483648"]), "bigint");
        assert_eq!(guess(&["-2147483648"]), "integer");
        assert_eq!(guess(&["9223372036854775808"]), "hugeint");
        assert_eq!(guess(&["1e200"]), "float8");
        assert_eq!(guess(&["1", ".5"]), "float8");
        assert_eq!(guess(&["15e-1"]), "float8");
        assert_eq!(guess(&["1e999999999999"]), "text");
        for text in ["$5", "1,000", "5%", "NaN", "1_000", "-", "e5", ".", "1e", "0x10"] {
            assert_eq!(guess(&["1", text]), "text", "{text}");
        }
    }

    #[test]
    fn dates_times_and_booleans_are_recognised_in_dbts_spellings_only() {
        assert_eq!(guess(&["2020-02-29", "2021-1-5"]), "date");
        assert_eq!(guess(&["2021-02-29"]), "text");
        assert_eq!(guess(&["01/02/2020"]), "text");
        assert_eq!(guess(&["2020-01-01 10:00:00", ""]), "timestamp without time zone");
        assert_eq!(guess(&["2020-01-01 10:00:00.5"]), "text");
        assert_eq!(
            guess(&["2020-01-01T10:00:00.5", "2020-01-01T10:00Z", "2020-01-01T10:00:00+0200"]),
            "timestamp without time zone"
        );
        // One date among times fits neither.
        assert_eq!(guess(&["2020-01-01", "2020-01-01 10:00:00"]), "text");
        assert_eq!(guess(&["True", "FALSE", "null"]), "boolean");
        assert_eq!(guess(&["true", "1"]), "text");
        assert_eq!(guess(&["yes"]), "text");
    }
}
