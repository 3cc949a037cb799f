//! Dates and timestamps by declared format. The format is compiled once, and read by hand: a million rows a second.
//!
//! Knows no zones and no languages: month names are English, as `strftime` has them.

use super::types::Reason;

/// A `strftime` format, compiled.
#[derive(Clone, Debug, PartialEq)]
pub struct DateFormat {
    pub text: String,
    items: Vec<Item>,
    /// `true`: the text may go on with a time of day, as ISO texts do.
    is_iso: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Item {
    Literal(u8),
    Year,
    Month,
    MonthName,
    Day,
    Hour24,
    Hour12,
    Minute,
    Second,
    /// `%f`: one to nine digits; `%.f` with its point, and may be absent.
    Fraction {
        has_point: bool,
    },
    AmPm,
}

/// Directives that a format can hold; shown when another one is written.
pub const DIRECTIVES: &str = "%Y %m %b %B %d %H %I %M %S %f %.f %p %%";

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

impl DateFormat {
    /// # Errors
    /// The directive that is not known.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut items = Vec::new();
        let mut rest = text.chars();
        while let Some(letter) = rest.next() {
            if letter != '%' {
                items.extend(letter.to_string().bytes().map(Item::Literal));
                continue;
            }
            match rest.next() {
                Some('Y') => items.push(Item::Year),
                Some('m') => items.push(Item::Month),
                Some('b' | 'B') => items.push(Item::MonthName),
                Some('d') => items.push(Item::Day),
                Some('H') => items.push(Item::Hour24),
                Some('I') => items.push(Item::Hour12),
                Some('M') => items.push(Item::Minute),
                Some('S') => items.push(Item::Second),
                Some('f') => items.push(Item::Fraction { has_point: false }),
                Some('p') => items.push(Item::AmPm),
                Some('T') => items.extend([Item::Hour24, b':'.into(), Item::Minute, b':'.into(), Item::Second]),
                Some('F') => items.extend([Item::Year, b'-'.into(), Item::Month, b'-'.into(), Item::Day]),
                Some('%') => items.push(Item::Literal(b'%')),
                Some('.') if rest.clone().next() == Some('f') => {
                    rest.next();
                    items.push(Item::Fraction { has_point: true });
                }
                Some(other) => return Err(format!("%{other}")),
                None => return Err("%".to_string()),
            }
        }
        Ok(Self { text: text.to_string(), items, is_iso: false })
    }

    /// What is read when no format is declared: `2020-03-01`.
    pub fn iso_date() -> Self {
        Self::parse("%Y-%m-%d").expect("the directives are known")
    }

    /// What is read when no format is declared: `2020-03-01 21:30:00`, `2020-03-01T21:30:00.250`, `2020-03-01`.
    pub fn iso_timestamp() -> Self {
        Self { is_iso: true, ..Self::iso_date() }
    }

    pub fn has_year_and_month(&self) -> bool {
        self.items.contains(&Item::Year) && self.items.iter().any(|item| matches!(item, Item::Month | Item::MonthName))
    }

    fn read(&self, text: &str) -> Option<Parts> {
        let mut parts = Parts::default();
        let mut rest = text.as_bytes();
        for item in &self.items {
            rest = parts.take(item, rest)?;
        }
        if self.is_iso && !rest.is_empty() {
            if !matches!(rest[0], b' ' | b'T') {
                return None;
            }
            rest = &rest[1..];
            let time = [Item::Hour24, Item::Literal(b':'), Item::Minute, Item::Literal(b':'), Item::Second];
            for item in time.iter().chain([&Item::Fraction { has_point: true }]) {
                rest = parts.take(item, rest)?;
            }
        }
        rest.is_empty().then_some(parts)
    }
}

impl From<u8> for Item {
    fn from(byte: u8) -> Self {
        Self::Literal(byte)
    }
}

struct Parts {
    year: i32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    micros: u32,
    /// `None`: a 24-hour clock.
    is_afternoon: Option<bool>,
}

impl Default for Parts {
    fn default() -> Self {
        Self { year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0, micros: 0, is_afternoon: None }
    }
}

impl Parts {
    fn take<'t>(&mut self, item: &Item, text: &'t [u8]) -> Option<&'t [u8]> {
        let (value, rest) = match item {
            Item::Literal(byte) => return (text.first() == Some(byte)).then(|| &text[1..]),
            Item::MonthName => return self.take_month_name(text),
            Item::AmPm => {
                let (letters, rest) = text.split_at_checked(2)?;
                self.is_afternoon = Some(match (letters[0].to_ascii_lowercase(), letters[1].to_ascii_lowercase()) {
                    (b'a', b'm') => false,
                    (b'p', b'm') => true,
                    _ => return None,
                });
                return Some(rest);
            }
            Item::Fraction { has_point } => return self.take_fraction(text, *has_point),
            Item::Year => digits(text, 4, 4)?,
            Item::Month | Item::Day | Item::Hour24 | Item::Hour12 | Item::Minute | Item::Second => digits(text, 1, 2)?,
        };
        match item {
            Item::Year => self.year = value as i32,
            Item::Month => self.month = value,
            Item::Day => self.day = value,
            // Twelve is the first hour of both halves; what is past it is refused below as hour 99.
            Item::Hour12 => self.hour = if (1..=12).contains(&value) { value % 12 } else { 99 },
            Item::Hour24 => self.hour = value,
            Item::Minute => self.minute = value,
            Item::Second => self.second = value,
            Item::Literal(_) | Item::MonthName | Item::AmPm | Item::Fraction { .. } => {}
        }
        Some(rest)
    }

    fn take_month_name<'t>(&mut self, text: &'t [u8]) -> Option<&'t [u8]> {
        let length = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let name = std::str::from_utf8(&text[..length]).ok()?.to_ascii_lowercase();
        let month = MONTHS.iter().position(|month| *month == name || length == 3 && month.starts_with(&name))?;
        self.month = month as u32 + 1;
        Some(&text[length..])
    }

    fn take_fraction<'t>(&mut self, mut text: &'t [u8], has_point: bool) -> Option<&'t [u8]> {
        if has_point {
            if text.first() != Some(&b'.') {
                return Some(text);
            }
            text = &text[1..];
        }
        let length = text.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 {
            return None;
        }
        let padded = text[..length].iter().map(|digit| u32::from(digit - b'0')).chain(std::iter::repeat(0));
        self.micros = padded.take(6).fold(0, |value, digit| value * 10 + digit);
        Some(&text[length..])
    }

    /// Days since 1970; `None` when the calendar has no such day.
    fn days(&self) -> Option<i32> {
        let is_leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        let length = match self.month {
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return None,
        };
        if self.day == 0 || self.day > length || self.year == 0 {
            return None;
        }
        Some(days_from_civil(self.year, self.month, self.day))
    }

    /// Microseconds since midnight; `None` when the clock has no such time.
    fn micros_of_day(&self) -> Option<i64> {
        let hour = match self.is_afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(true) | Some(false) | None => self.hour,
        };
        if hour > 23 || self.minute > 59 || self.second > 59 {
            return None;
        }
        let seconds = i64::from(hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        Some(seconds * 1_000_000 + i64::from(self.micros))
    }
}

fn digits(text: &[u8], least: usize, most: usize) -> Option<(u32, &[u8])> {
    let length = text.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    if length < least {
        return None;
    }
    let value = text[..length].iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
    Some((value, &text[length..]))
}

/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
pub fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month as i32 + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day as i32 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a count of days since 1970. The inverse, from the same source.
pub fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i32::from(month <= 2);
    (year, month as u32, day as u32)
}

/// Days since 1970. A time of day in the text must be midnight: dropping another one would lose what was said.
pub fn read_date(text: &str, formats: &[DateFormat]) -> Result<i32, Reason> {
    let (days, micros) = read(text, formats)?;
    if micros == 0 { Ok(days) } else { Err(Reason::NotMidnight) }
}

/// Microseconds since 1970.
pub fn read_timestamp(text: &str, formats: &[DateFormat]) -> Result<i64, Reason> {
    let (days, micros) = read(text, formats)?;
    Ok(i64::from(days) * 86_400_000_000 + micros)
}

fn read(text: &str, formats: &[DateFormat]) -> Result<(i32, i64), Reason> {
    let text = text.trim();
    let parts = formats.iter().find_map(|format| format.read(text)).ok_or(Reason::Format)?;
    match (parts.days(), parts.micros_of_day()) {
        (Some(days), Some(micros)) => Ok((days, micros)),
        (None, _) | (_, None) => Err(Reason::NoSuchDate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(format: &str, text: &str) -> Result<String, Reason> {
        let format = DateFormat::parse(format).expect("a known format");
        read_date(text, &[format]).map(|days| {
            let (year, month, day) = civil_from_days(days);
            format!("{year:04}-{month:02}-{day:02}")
        })
    }

    #[test]
    fn dates_are_read_by_their_format_only() {
        let portal = "%m/%d/%Y %I:%M:%S %p";
        assert_eq!(date(portal, "03/01/2020 12:00:00 AM").as_deref(), Ok("2020-03-01"));
        assert_eq!(date(portal, "2020-03-01"), Err(Reason::Format));
        assert_eq!(date(portal, "02/30/2021 12:00:00 AM"), Err(Reason::NoSuchDate));
        assert_eq!(date(portal, "02/29/2020 12:00:00 AM").as_deref(), Ok("2020-02-29"));
        assert_eq!(date(portal, "03/01/2020 12:00:00 PM"), Err(Reason::NotMidnight));
        assert_eq!(date(portal, "03/01/2020 13:00:00 AM"), Err(Reason::NoSuchDate));
        assert_eq!(date("%m/%Y", "01/2020").as_deref(), Ok("2020-01-01"));
        assert_eq!(date("%m/%d/%Y", "1/9/2020").as_deref(), Ok("2020-01-09"));
        assert_eq!(date("%d %b %Y", "9 Sep 2020").as_deref(), Ok("2020-09-09"));
        assert_eq!(date("%Y-%m-%dT%H:%M:%S%.f", "2020-03-01T00:00:00.000").as_deref(), Ok("2020-03-01"));
        assert_eq!(date("%Y-%m-%d", "20-03-01"), Err(Reason::Format));
        assert_eq!(DateFormat::parse("%y").unwrap_err(), "%y");
    }

    #[test]
    fn timestamps_without_a_format_are_iso() {
        let iso = [DateFormat::iso_timestamp()];
        assert_eq!(read_timestamp("1970-01-02 00:00:01.25", &iso), Ok(86_401_250_000));
        assert_eq!(read_timestamp("1970-01-02", &iso), Ok(86_400_000_000));
        assert_eq!(read_timestamp("1970-01-02 24:00:00", &iso), Err(Reason::NoSuchDate));
        assert_eq!(read_timestamp("1970-01-02x", &iso), Err(Reason::Format));
    }

    #[test]
    fn the_calendar_agrees_with_itself_over_four_centuries() {
        for days in (-150_000..150_000).step_by(7) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
        }
        assert_eq!(civil_from_days(0), (1970, 1, 1));
    }
}
