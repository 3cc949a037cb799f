//! Dates and timestamps: how YAML 1.1 spells them, and Python writes them.
//!
//! Source: PyYAML, `resolver.py` and `construct_yaml_timestamp` of `constructor.py`.

use chrono::{FixedOffset, NaiveDate, NaiveTime};

/// `2020-01-31`, or a date and a time as YAML 1.1 spells them.
pub(super) fn is_timestamp(text: &str) -> bool {
    let mut rest = Cursor(text.as_bytes());
    if !rest.digits(4, 4) || !rest.byte(b'-') {
        return false;
    }
    let before_month = rest.0;
    if rest.digits(2, 2) && rest.byte(b'-') && rest.digits(2, 2) && rest.0.is_empty() {
        return true;
    }
    rest.0 = before_month;
    rest.digits(1, 2)
        && rest.byte(b'-')
        && rest.digits(1, 2)
        && (rest.byte(b'T') || rest.byte(b't') || rest.blanks() > 0)
        && rest.digits(1, 2)
        && rest.byte(b':')
        && rest.digits(2, 2)
        && rest.byte(b':')
        && rest.digits(2, 2)
        && is_timestamp_end(rest)
}

fn is_timestamp_end(mut rest: Cursor<'_>) -> bool {
    if rest.byte(b'.') {
        rest.digits(0, usize::MAX);
    }
    if rest.0.is_empty() {
        return true;
    }
    rest.blanks();
    if rest.byte(b'Z') {
        return rest.0.is_empty();
    }
    (rest.byte(b'-') || rest.byte(b'+'))
        && rest.digits(1, 2)
        && (rest.0.is_empty() || (rest.byte(b':') && rest.digits(2, 2) && rest.0.is_empty()))
}

/// The bytes still to be read; each step says whether it found what it wanted.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn byte(&mut self, wanted: u8) -> bool {
        let is_found = self.0.first() == Some(&wanted);
        if is_found {
            self.0 = &self.0[1..];
        }
        is_found
    }

    fn digits(&mut self, least: usize, most: usize) -> bool {
        let count = self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        self.0 = &self.0[count..];
        count >= least
    }

    fn blanks(&mut self) -> usize {
        let count = self.0.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        self.0 = &self.0[count..];
        count
    }
}

/// What Python's `str` gives of a timestamp; the spelling itself where there is no such day or hour.
pub(super) fn canonical(text: &str) -> String {
    written(text).unwrap_or_else(|| text.to_string())
}

fn written(text: &str) -> Option<String> {
    let (date, rest) = text.split_at_checked(text.find(['T', 't', ' ', '\t'])?)?;
    let numbers = |text: &str, mark: char| text.split(mark).map(str::parse).collect::<Result<Vec<u32>, _>>().ok();
    let [year, month, day] = numbers(date, '-')?[..] else { return None };
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let rest = rest.trim_start_matches(['T', 't', ' ', '\t']);
    let (time, rest) =
        rest.split_at(rest.find(|letter: char| !letter.is_ascii_digit() && letter != ':').unwrap_or(rest.len()));
    let [hour, minute, second] = numbers(time, ':')?[..] else { return None };
    let (micros, rest) = match rest.strip_prefix('.') {
        Some(rest) => {
            let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
            (format!("{:0<6}", &rest[..end.min(6)]).parse().ok()?, &rest[end..])
        }
        None => (0, rest),
    };
    let time = NaiveTime::from_hms_micro_opt(hour, minute, second, micros)?;
    let precise = if micros == 0 { "%H:%M:%S" } else { "%H:%M:%S%.6f" };
    Some(format!("{date} {}{}", time.format(precise), offset(rest.trim_start())?))
}

/// `+05:30`, or nothing.
fn offset(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some(String::new());
    }
    let is_west = text.starts_with('-');
    let (hours, minutes) = match text.trim_start_matches(['-', '+']) {
        "Z" => (0, 0),
        text => match text.split_once(':') {
            Some((hours, minutes)) => (hours.parse().ok()?, minutes.parse().ok()?),
            None => (text.parse().ok()?, 0),
        },
    };
    let seconds: i32 = hours * 3600 + minutes * 60;
    FixedOffset::east_opt(if is_west { -seconds } else { seconds }).map(|offset| offset.to_string())
}
