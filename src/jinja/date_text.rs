//! Dates and times read from texts: ISO 8601, and the formats of `strptime`.

use chrono::format::{Parsed, StrftimeItems};
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use minijinja::Error;
use minijinja::value::Value;

use super::dates::{Moment, Zone, as_moment};
use super::values::invalid;

/// A date or timestamp as Python's `datetime.fromisoformat` and `isoformat` write it; `None` where it is none.
pub fn iso_timestamp(text: &str) -> Option<String> {
    let read = date_value(text)?;
    Some(match as_moment(&read)? {
        Moment::On(date) => Moment::At(date.and_time(NaiveTime::MIN), None).iso('T'),
        at => at.iso('T'),
    })
}

/// An ISO date or timestamp as a value.
pub(super) fn date_value(text: &str) -> Option<Value> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(Moment::On(date).value());
    }
    let normal = text.replacen(' ', "T", 1);
    if let Ok(at) = NaiveDateTime::parse_from_str(&normal, "%Y-%m-%dT%H:%M:%S%.f") {
        return Some(Moment::At(at, None).value());
    }
    if let Ok(at) = NaiveDateTime::parse_from_str(&normal, "%Y-%m-%dT%H:%M") {
        return Some(Moment::At(at, None).value());
    }
    let padded = if normal.len() > 3 && matches!(normal.as_bytes()[normal.len() - 3], b'+' | b'-') {
        format!("{normal}:00")
    } else {
        normal
    };
    let at = DateTime::parse_from_rfc3339(&padded).ok()?;
    let zone = if at.offset().local_minus_utc() == 0 { Zone::Named(Tz::UTC) } else { Zone::Fixed(*at.offset()) };
    Some(Moment::At(at.naive_local(), Some(zone)).value())
}

/// Python's `strptime`: parts that are not given are those of the first of January 1900.
pub(super) fn parse_time(text: &str, format: &str) -> Result<Value, Error> {
    let problem = || invalid(format!("time data '{text}' does not match format '{format}'"));
    let mut parsed = Parsed::new();
    // Python's %f has up to six digits, chrono's nine.
    let chrono_format = format.replace(".%f", "%.f");
    chrono::format::parse(&mut parsed, text, StrftimeItems::new(&chrono_format)).map_err(|_| problem())?;
    let has_year = parsed.year().is_some() || parsed.year_mod_100().is_some();
    if !has_year {
        parsed.set_year(1900).map_err(|_| problem())?;
    }
    if parsed.ordinal().is_none() {
        if parsed.month().is_none() {
            parsed.set_month(1).map_err(|_| problem())?;
        }
        if parsed.day().is_none() {
            parsed.set_day(1).map_err(|_| problem())?;
        }
    }
    let date = parsed.to_naive_date().map_err(|_| problem())?;
    if parsed.hour_div_12().is_none() && parsed.hour_mod_12().is_none() {
        parsed.set_hour(0).map_err(|_| problem())?;
    } else if parsed.hour_div_12().is_none() {
        parsed.set_ampm(false).map_err(|_| problem())?;
    }
    if parsed.minute().is_none() {
        parsed.set_minute(0).map_err(|_| problem())?;
    }
    let time = parsed.to_naive_time().map_err(|_| problem())?;
    let zone = parsed.offset().and_then(FixedOffset::east_opt).map(Zone::Fixed);
    Ok(Moment::At(date.and_time(time), zone).value())
}
