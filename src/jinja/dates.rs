//! Dates, durations and time zones as values: what Python's `datetime` and pytz make of them.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{
    DateTime, Datelike, Duration, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike, Utc,
};
use chrono_tz::{OffsetComponents, OffsetName, Tz};
use minijinja::value::{Object, Value};
use minijinja::{Error, ErrorKind, State};

use super::adapter_object::Arguments;
use super::clock::Clock;
use super::values::{invalid, python_str, tuple};

/// What Python's `repr()` gives of a date, a time, a duration or a time zone.
pub(super) fn date_repr(value: &Value) -> Option<String> {
    let moment = value.downcast_object_ref::<Moment>().map(|moment| moment.repr_text());
    let clock = || value.downcast_object_ref::<Clock>().map(|clock| clock.repr_text());
    let delta = || value.downcast_object_ref::<Delta>().map(|delta| delta.repr_text());
    let zone =
        || value.downcast_object_ref::<Zone>().map(|zone| zone.repr_text(day(1970, 1, 1).and_time(NaiveTime::MIN)));
    moment.or_else(clock).or_else(delta).or_else(zone)
}

/// A duration without its sign.
pub(super) fn size_of_duration(value: &Value) -> Option<Value> {
    as_delta(value).map(|delta| Value::from_object(Delta(delta.0.abs())))
}

/// A duration with the other sign.
pub(super) fn negated(value: &Value) -> Option<Value> {
    as_delta(value).map(|delta| Value::from_object(Delta(-delta.0)))
}

/// A time of day in a format of `strftime`.
pub(super) fn time_text(time: NaiveTime, format: &str) -> Result<String, Error> {
    Moment::At(day(1900, 1, 1).and_time(time), None).strftime(format)
}

/// A `timedelta`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delta(pub Duration);

impl Delta {
    /// `datetime.timedelta(days=1, seconds=3)`.
    fn repr_text(self) -> String {
        let micros = self.0.num_microseconds().unwrap_or(0);
        let seconds = micros.div_euclid(1_000_000);
        let parts = [
            ("days", seconds.div_euclid(86_400)),
            ("seconds", seconds.rem_euclid(86_400)),
            ("microseconds", micros.rem_euclid(1_000_000)),
        ];
        let parts: Vec<String> =
            parts.iter().filter(|(_, count)| *count != 0).map(|(name, count)| format!("{name}={count}")).collect();
        format!("datetime.timedelta({})", if parts.is_empty() { "0".to_string() } else { parts.join(", ") })
    }
}

impl Object for Delta {
    fn custom_cmp(self: &Arc<Self>, other: &minijinja::value::DynObject) -> Option<std::cmp::Ordering> {
        Some(self.0.cmp(&other.downcast_ref::<Self>()?.0))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.0.is_zero()
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let micros = self.0.num_microseconds().unwrap_or(0);
        let seconds = micros.div_euclid(1_000_000);
        Some(match key.as_str()? {
            "days" => Value::from(seconds.div_euclid(86_400)),
            "seconds" => Value::from(seconds.rem_euclid(86_400)),
            "microseconds" => Value::from(micros.rem_euclid(1_000_000)),
            _ => return None,
        })
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, _: &[Value]) -> Result<Value, Error> {
        match method {
            "total_seconds" => Ok(Value::from(self.0.num_microseconds().unwrap_or(0) as f64 / 1e6)),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.0.num_microseconds().unwrap_or(0);
        let (seconds, micros) = (total.div_euclid(1_000_000), total.rem_euclid(1_000_000));
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        if days != 0 {
            write!(f, "{days} day{}, ", if days.abs() == 1 { "" } else { "s" })?;
        }
        write!(f, "{}:{:02}:{:02}", rest / 3_600, rest / 60 % 60, rest % 60)?;
        match micros {
            0 => Ok(()),
            micros => write!(f, ".{micros:06}"),
        }
    }
}

/// A time zone, as pytz has them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Zone {
    /// What `pytz.timezone` gives. A date it is put on without `localize` has the zone's oldest offset, its local
    /// mean time, rounded to minutes.
    Named(Tz),
    /// A zone at one of its offsets: `localize` and `astimezone` choose it, and arithmetic keeps it.
    Settled(Tz, FixedOffset),
    Fixed(FixedOffset),
}

impl Zone {
    pub(super) fn named(name: &str) -> Result<Value, Error> {
        let by_any_case = || chrono_tz::TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name)).copied();
        let zone = Tz::from_str(name).ok().or_else(by_any_case);
        let zone = zone.ok_or_else(|| invalid(format!("`{name}` is not a time zone")))?;
        Ok(Value::from_object(Self::Named(zone)))
    }

    /// The same moment in this zone.
    pub(super) fn local(self, at: DateTime<Utc>) -> Moment {
        match self {
            Self::Named(zone) | Self::Settled(zone, _) => {
                let local = at.with_timezone(&zone);
                Moment::At(local.naive_local(), Some(Self::Settled(zone, local.offset().fix())))
            }
            Self::Fixed(offset) => Moment::At(at.with_timezone(&offset).naive_local(), Some(self)),
        }
    }

    /// `localize`: the clock on the wall, with the offset the zone had then; of two, the later one.
    pub(super) fn localized(self, at: NaiveDateTime) -> Moment {
        match self {
            Self::Named(zone) | Self::Settled(zone, _) => {
                let offset = match zone.from_local_datetime(&at).latest() {
                    Some(found) => found.offset().fix(),
                    // A gap: pytz counts on with the time from before it.
                    None => zone.offset_from_utc_datetime(&(at - Duration::hours(26))).fix(),
                };
                Moment::At(at, Some(Self::Settled(zone, offset)))
            }
            Self::Fixed(_) => Moment::At(at, Some(self)),
        }
    }

    fn offset(self) -> FixedOffset {
        match self {
            Self::Named(zone) => {
                let oldest = NaiveDate::from_ymd_opt(1, 1, 1).map(|date| date.and_time(NaiveTime::MIN));
                let seconds = zone.offset_from_utc_datetime(&oldest.unwrap_or_default()).fix().local_minus_utc();
                let minutes = (f64::from(seconds) / 60.0).round() as i32;
                FixedOffset::east_opt(minutes * 60).unwrap_or_else(|| Utc.fix())
            }
            Self::Settled(_, offset) | Self::Fixed(offset) => offset,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Named(zone) | Self::Settled(zone, _) => zone.name().to_string(),
            Self::Fixed(offset) if offset.local_minus_utc() == 0 => "UTC".to_string(),
            Self::Fixed(offset) => format!("UTC{offset}"),
        }
    }

    /// `<UTC>`, `<DstTzInfo 'Europe/Berlin' CEST+2:00:00 DST>`.
    fn repr_text(self, at: NaiveDateTime) -> String {
        let seconds = self.offset().local_minus_utc();
        let offset = Delta(Duration::seconds(seconds.into()));
        match self {
            Self::Named(Tz::UTC) | Self::Settled(Tz::UTC, _) => "<UTC>".to_string(),
            Self::Named(zone) | Self::Settled(zone, _) => {
                let local = zone.offset_from_utc_datetime(&(at - offset.0));
                let is_summer = matches!(self, Self::Settled(..)) && !local.dst_offset().is_zero();
                let sign = if seconds < 0 { "" } else { "+" };
                let season = if is_summer { "DST" } else { "STD" };
                format!(
                    "<DstTzInfo '{}' {}{sign}{} {season}>",
                    zone.name(),
                    self.abbreviation(at),
                    Value::from_object(offset)
                )
            }
            Self::Fixed(_) => format!("datetime.timezone({})", offset.repr_text()),
        }
    }

    /// What `%Z` and `tzname()` give at a moment: `PST`.
    fn abbreviation(self, at: NaiveDateTime) -> String {
        match self {
            Self::Named(Tz::UTC) => "UTC".to_string(),
            Self::Named(_) => "LMT".to_string(),
            Self::Settled(zone, offset) => {
                let utc = at - Duration::seconds(offset.local_minus_utc().into());
                zone.offset_from_utc_datetime(&utc).abbreviation().unwrap_or_default().to_string()
            }
            Self::Fixed(_) => self.name(),
        }
    }
}

impl Object for Zone {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == "zone").then(|| Value::from(self.name()))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let at = || moment(args.first().ok_or_else(|| Error::from(ErrorKind::MissingArgument))?);
        match method {
            "localize" => Ok(self.localized(at()?.naive()).value()),
            // The clock stays; the offset becomes the one it should have been.
            "normalize" => Ok(self.local(at()?.utc()).value()),
            "utcoffset" => Ok(self.localized(at()?.naive()).utc_offset()),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// A `date` or a `datetime` (local time, with its zone if it has one).
#[derive(Clone, Copy, Debug)]
pub(super) enum Moment {
    On(NaiveDate),
    At(NaiveDateTime, Option<Zone>),
}

impl Moment {
    pub(super) fn value(self) -> Value {
        Value::from_object(self)
    }

    pub(super) fn naive(self) -> NaiveDateTime {
        match self {
            Self::On(date) => date.and_time(NaiveTime::MIN),
            Self::At(at, _) => at,
        }
    }

    fn utc(self) -> DateTime<Utc> {
        match self {
            Self::On(_) | Self::At(_, None) => self.naive().and_utc(),
            Self::At(at, Some(zone)) => (at - Duration::seconds(zone.offset().local_minus_utc().into())).and_utc(),
        }
    }

    fn with_naive(self, at: NaiveDateTime) -> Self {
        match self {
            Self::On(_) => Self::On(at.date()),
            Self::At(_, zone) => Self::At(at, zone),
        }
    }

    /// What Python's `repr()` gives: `datetime.date(2026, 1, 2)`.
    pub(super) fn repr_text(self) -> String {
        let date = self.naive().date();
        let day = format!("{}, {}, {}", date.year(), date.month(), date.day());
        let Self::At(at, zone) = self else { return format!("datetime.date({day})") };
        let mut text = format!("datetime.datetime({day}, {}, {}", at.hour(), at.minute());
        if at.second() > 0 || at.nanosecond() > 0 {
            text.push_str(&format!(", {}", at.second()));
        }
        if at.nanosecond() > 0 {
            text.push_str(&format!(", {}", at.nanosecond() / 1_000));
        }
        if let Some(zone) = zone {
            text.push_str(&format!(", tzinfo={}", zone.repr_text(at)));
        }
        text + ")"
    }

    pub(super) fn iso(self, separator: char) -> String {
        match self {
            Self::On(date) => date.format("%Y-%m-%d").to_string(),
            Self::At(at, zone) => {
                let fraction =
                    if at.nanosecond() == 0 { String::new() } else { format!(".{:06}", at.nanosecond() / 1_000) };
                let offset = zone.map_or(String::new(), |zone| zone.offset().to_string());
                format!("{}{separator}{}{fraction}{offset}", at.format("%Y-%m-%d"), at.format("%H:%M:%S"))
            }
        }
    }

    /// The same, to a precision of Python's `timespec`.
    fn iso_to(self, separator: char, precision: &str) -> Result<String, Error> {
        let Self::At(at, zone) = self else { return Ok(self.iso(separator)) };
        let micros = at.nanosecond() / 1_000;
        let (format, fraction) = match precision {
            "auto" => return Ok(self.iso(separator)),
            "hours" => ("%H", String::new()),
            "minutes" => ("%H:%M", String::new()),
            "seconds" => ("%H:%M:%S", String::new()),
            "milliseconds" => ("%H:%M:%S", format!(".{:03}", micros / 1_000)),
            "microseconds" => ("%H:%M:%S", format!(".{micros:06}")),
            other => return Err(invalid(format!("`{other}` is no precision of `isoformat`"))),
        };
        let offset = zone.map_or(String::new(), |zone| zone.offset().to_string());
        Ok(format!("{}{separator}{}{fraction}{offset}", at.format("%Y-%m-%d"), at.format(format)))
    }

    pub(super) fn strftime(self, format: &str) -> Result<String, Error> {
        use std::fmt::Write as _;
        let mut out = String::new();
        let zone = match self {
            Self::At(_, Some(zone)) => Some(zone),
            Self::On(_) | Self::At(_, None) => None,
        };
        // Python's %f is six digits; chrono's is nine. %z and %Z are empty without a zone.
        let format = format
            .replace("%f", &format!("{:06}", self.naive().nanosecond() / 1_000))
            .replace("%Z", &zone.map_or(String::new(), |zone| zone.abbreviation(self.naive())))
            .replace("%z", &zone.map_or(String::new(), |zone| zone.offset().to_string().replace(':', "")));
        write!(out, "{}", self.naive().format(&format))
            .map_err(|_| invalid(format!("`{format}` is not a date format")))?;
        Ok(out)
    }

    fn utc_offset(self) -> Value {
        match self {
            Self::At(_, Some(zone)) => {
                Value::from_object(Delta(Duration::seconds(zone.offset().local_minus_utc().into())))
            }
            Self::On(_) | Self::At(_, None) => Value::from(()),
        }
    }

    fn replaced(self, arguments: &Arguments<'_>) -> Result<Self, Error> {
        let at = self.naive();
        let part = |position: usize, name: &str, old: i64| {
            arguments.get(position, name).and_then(|value| value.as_i64()).unwrap_or(old)
        };
        let date = NaiveDate::from_ymd_opt(
            part(0, "year", at.year().into()) as i32,
            part(1, "month", at.month().into()) as u32,
            part(2, "day", at.day().into()) as u32,
        );
        let time = NaiveTime::from_hms_micro_opt(
            part(3, "hour", at.hour().into()) as u32,
            part(4, "minute", at.minute().into()) as u32,
            part(5, "second", at.second().into()) as u32,
            part(6, "microsecond", (at.nanosecond() / 1_000).into()) as u32,
        );
        let (date, time) = date.zip(time).ok_or_else(|| invalid("that is not a date"))?;
        let zone = arguments.named("tzinfo").or_else(|| arguments.at(7));
        let zone = zone.map(|zone| zone.downcast_object_ref::<Zone>().copied());
        Ok(match self.with_naive(date.and_time(time)) {
            Self::At(at, old) => Self::At(at, zone.unwrap_or(old)),
            on @ Self::On(_) => on,
        })
    }
}

pub(super) fn moment(value: &Value) -> Result<Moment, Error> {
    value
        .downcast_object_ref::<Moment>()
        .copied()
        .ok_or_else(|| invalid(format!("a date is expected here, not {}", value.kind())))
}

impl Object for Moment {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let at = self.naive();
        Some(match key.as_str()? {
            "year" => Value::from(at.year()),
            "month" => Value::from(at.month()),
            "day" => Value::from(at.day()),
            "hour" => Value::from(at.hour()),
            "minute" => Value::from(at.minute()),
            "second" => Value::from(at.second()),
            "microsecond" => Value::from(at.nanosecond() / 1_000),
            "tzinfo" => match **self {
                Self::At(_, Some(zone)) => Value::from_object(zone),
                Self::On(_) | Self::At(_, None) => Value::from(()),
            },
            _ => return None,
        })
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let arguments = Arguments::new(args);
        Ok(match method {
            "strftime" => Value::from(self.strftime(&arguments.text(0, "format")?)?),
            "isoformat" => {
                let separator = arguments.get(0, "sep").and_then(|sep| python_str(&sep).chars().next()).unwrap_or('T');
                let precision = arguments.get(1, "timespec").map(|precision| python_str(&precision));
                Value::from(self.iso_to(separator, precision.as_deref().unwrap_or("auto"))?)
            }
            "date" => Self::On(self.naive().date()).value(),
            "time" => Clock::value(self.naive().time()),
            "ctime" => Value::from(self.strftime("%a %b %e %H:%M:%S %Y")?),
            "weekday" => Value::from(self.naive().weekday().num_days_from_monday()),
            "isoweekday" => Value::from(self.naive().weekday().number_from_monday()),
            "isocalendar" => {
                let week = self.naive().iso_week();
                tuple([
                    Value::from(week.year()),
                    Value::from(week.week()),
                    Value::from(self.naive().weekday().number_from_monday()),
                ])
            }
            "timestamp" => Value::from(self.utc().timestamp_micros() as f64 / 1e6),
            "toordinal" => Value::from(self.naive().num_days_from_ce()),
            "replace" => self.replaced(&arguments)?.value(),
            "astimezone" => {
                let zone = arguments.get(0, "tz").and_then(|zone| zone.downcast_object_ref::<Zone>().copied());
                let zone = zone.unwrap_or(Zone::Named(Tz::UTC));
                zone.local(self.utc()).value()
            }
            "utcoffset" => self.utc_offset(),
            "tzname" => match **self {
                Self::At(at, Some(zone)) => Value::from(zone.abbreviation(at)),
                Self::On(_) | Self::At(_, None) => Value::from(()),
            },
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        })
    }

    fn custom_cmp(self: &Arc<Self>, other: &minijinja::value::DynObject) -> Option<std::cmp::Ordering> {
        let other = other.downcast_ref::<Self>()?;
        // A day is not the midnight it begins with.
        let has_time = |moment: &Self| matches!(moment, Self::At(..));
        Some(self.utc().cmp(&other.utc()).then(has_time(self).cmp(&has_time(other))))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso(' '))
    }
}

fn shifted(to: Moment, by: Duration) -> Result<Value, Error> {
    let at = to.naive().checked_add_signed(by).ok_or_else(|| invalid("that date is out of range"))?;
    Ok(to.with_naive(at).value())
}

pub(super) fn as_moment(value: &Value) -> Option<Moment> {
    value.downcast_object_ref::<Moment>().copied()
}

fn as_delta(value: &Value) -> Option<Delta> {
    value.downcast_object_ref::<Delta>().copied()
}

/// `a + b` where one of them is a date or a duration; `None` where Python has no such sum.
pub(super) fn date_sum(a: &Value, b: &Value) -> Option<Result<Value, Error>> {
    match (as_moment(a), as_delta(a), as_moment(b), as_delta(b)) {
        (Some(moment), _, _, Some(delta)) | (_, Some(delta), Some(moment), _) => Some(shifted(moment, delta.0)),
        (_, Some(a), _, Some(b)) => Some(duration(a.0.checked_add(&b.0))),
        _ => None,
    }
}

/// `a - b` of dates and durations.
pub(super) fn date_difference(a: &Value, b: &Value) -> Option<Result<Value, Error>> {
    match (as_moment(a), as_delta(a), as_moment(b), as_delta(b)) {
        (Some(moment), _, _, Some(delta)) => Some(shifted(moment, -delta.0)),
        (Some(a), _, Some(b), _) => Some(Ok(Value::from_object(Delta(a.utc() - b.utc())))),
        (_, Some(a), _, Some(b)) => Some(duration(a.0.checked_sub(&b.0))),
        _ => None,
    }
}

/// A duration some number of times.
pub(super) fn date_product(a: &Value, b: &Value) -> Option<Result<Value, Error>> {
    let (delta, times) = match (as_delta(a), as_delta(b)) {
        (Some(delta), None) => (delta, b),
        (None, Some(delta)) => (delta, a),
        _ => return None,
    };
    if !times.is_number() {
        return None;
    }
    let micros = delta.0.num_microseconds()? as f64 * f64::try_from(times.clone()).ok()?;
    Some(Ok(Value::from_object(Delta(Duration::microseconds(micros.round_ties_even() as i64)))))
}

/// What is left of a duration when a duration is taken as often as it fits.
pub(super) fn date_remainder(a: &Value, b: &Value) -> Option<Result<Value, Error>> {
    let (all, part) = (as_delta(a)?.0.num_microseconds()?, as_delta(b)?.0.num_microseconds()?);
    if part == 0 {
        return Some(Err(invalid("division by zero")));
    }
    let rest = all.checked_rem(part)?;
    let rest = if rest != 0 && (rest < 0) != (part < 0) { rest + part } else { rest };
    Some(Ok(Value::from_object(Delta(Duration::microseconds(rest)))))
}

/// A duration by a duration is a number, by a number a duration.
pub(super) fn date_quotient(a: &Value, b: &Value) -> Option<Result<Value, Error>> {
    let micros = as_delta(a)?.0.num_microseconds()? as f64;
    let divisor = match as_delta(b) {
        Some(delta) => delta.0.num_microseconds()? as f64,
        None if b.is_number() => f64::try_from(b.clone()).ok()?,
        None => return None,
    };
    if divisor == 0.0 {
        return Some(Err(invalid("division by zero")));
    }
    let quotient = micros / divisor;
    Some(Ok(match as_delta(b) {
        Some(_) => Value::from(quotient),
        None => Value::from_object(Delta(Duration::microseconds(quotient.round_ties_even() as i64))),
    }))
}

fn duration(found: Option<Duration>) -> Result<Value, Error> {
    found.map(|found| Value::from_object(Delta(found))).ok_or_else(|| invalid("that duration is out of range"))
}

pub(super) fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}
