//! `modules.datetime`, `modules.pytz`, `modules.re`, `modules.itertools`, and dates as values.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{
    DateTime, Datelike, Duration, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike, Utc,
};
use chrono_tz::{OffsetName, Tz};
use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, ErrorKind, State};

use super::adapter_object::Arguments;
use super::scope::Scope;
use super::values::{invalid, python_str, tuple};
use crate::project::Invocation;

pub(super) fn lookup(scope: &Arc<Scope>, name: &str) -> Option<Value> {
    match name {
        "modules" => Some(modules()),
        "run_started_at" => {
            super::outside::ask_the_time();
            Some(run_started_at(&scope.project.invocation))
        }
        _ => None,
    }
}

pub(super) fn modules() -> Value {
    Value::from_object(Modules)
}

pub(super) fn run_started_at(invocation: &Invocation) -> Value {
    Moment::value(Moment::At(invocation.started_at.naive_utc(), Some(Zone::Named(Tz::UTC))))
}

#[derive(Debug)]
struct Modules;

impl Object for Modules {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "datetime" => Value::from_object(Module::Datetime),
            "pytz" => Value::from_object(Module::Pytz),
            "re" => Value::from_object(super::regex_module::Re),
            "itertools" => Value::from_object(Module::Itertools),
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, Debug)]
enum Module {
    Datetime,
    DatetimeClass,
    DateClass,
    TimeClass,
    DeltaClass,
    Pytz,
    TimezoneClass,
    Itertools,
    /// `itertools.chain`, which has a method of its own.
    Chain,
}

impl Object for Module {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match (**self, key.as_str()?) {
            (Self::Datetime, "datetime") => Value::from_object(Self::DatetimeClass),
            (Self::Datetime, "date") => Value::from_object(Self::DateClass),
            (Self::Datetime, "time") => Value::from_object(Self::TimeClass),
            (Self::Datetime, "timedelta") => Value::from_object(Self::DeltaClass),
            (Self::Datetime, "timezone") => Value::from_object(Self::TimezoneClass),
            (Self::Itertools, "chain") => Value::from_object(Self::Chain),
            (Self::TimezoneClass, "utc") | (Self::Pytz, "utc" | "UTC") => Value::from_object(Zone::Named(Tz::UTC)),
            (
                Self::DatetimeClass,
                "strptime" | "now" | "utcnow" | "today" | "fromisoformat" | "fromtimestamp" | "combine",
            )
            | (Self::DateClass, "today" | "fromisoformat") => {
                BoundMethod::value(Value::from_dyn_object(Arc::clone(self)), key.as_str()?)
            }
            _ => return None,
        })
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let arguments = Arguments::new(args);
        let number = |at: usize, name: &str| arguments.get(at, name).and_then(|value| value.as_i64());
        match **self {
            Self::DeltaClass => Ok(Value::from_object(delta(&arguments))),
            Self::DateClass | Self::DatetimeClass => {
                let part = |at, name| number(at, name).ok_or_else(|| Error::from(ErrorKind::MissingArgument));
                let (year, month, day) = (part(0, "year")?, part(1, "month")?, part(2, "day")?);
                let date = NaiveDate::from_ymd_opt(year as i32, month as u32, day as u32);
                let date = date.ok_or_else(|| invalid(format!("{year}-{month}-{day} is not a date")))?;
                if matches!(**self, Self::DateClass) {
                    return Ok(Moment::value(Moment::On(date)));
                }
                let clock = |at, name| number(at, name).unwrap_or(0) as u32;
                let time = NaiveTime::from_hms_micro_opt(
                    clock(3, "hour"),
                    clock(4, "minute"),
                    clock(5, "second"),
                    clock(6, "microsecond"),
                );
                let time = time.ok_or_else(|| invalid("that is not a time of day"))?;
                let zone = arguments.get(7, "tzinfo").and_then(|zone| zone.downcast_object_ref::<Zone>().copied());
                Ok(Moment::value(Moment::At(date.and_time(time), zone)))
            }
            Self::TimeClass => {
                let clock = |at, name| number(at, name).unwrap_or(0) as u32;
                let time = NaiveTime::from_hms_opt(clock(0, "hour"), clock(1, "minute"), clock(2, "second"));
                Ok(Value::from(time.ok_or_else(|| invalid("that is not a time of day"))?.to_string()))
            }
            Self::Chain => super::itertools::call("chain", args),
            Self::Datetime | Self::Pytz | Self::TimezoneClass | Self::Itertools => {
                Err(invalid("a module cannot be called"))
            }
        }
    }

    fn call_method(self: &Arc<Self>, state: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let arguments = Arguments::new(args);
        match (**self, method) {
            (Self::DatetimeClass, "now" | "utcnow" | "today") => {
                let now = now(state);
                let zone = arguments.get(0, "tz").and_then(|zone| zone.downcast_object_ref::<Zone>().copied());
                Ok(zone.map_or(Moment::At(now.naive_utc(), None), |zone| zone.local(now)).value())
            }
            (Self::DateClass, "today") => Ok(Moment::value(Moment::On(now(state).date_naive()))),
            (Self::DatetimeClass, "strptime") => {
                parse_time(&arguments.text(0, "date_string")?, &arguments.text(1, "format")?)
            }
            (Self::DatetimeClass | Self::DateClass, "fromisoformat") => {
                let text = arguments.text(0, "date_string")?;
                date_value(&text).ok_or_else(|| invalid(format!("`{text}` is not an ISO date")))
            }
            (Self::DatetimeClass, "fromtimestamp" | "utcfromtimestamp") => {
                let seconds = f64::try_from(arguments.required(0, "timestamp")?)?;
                let at = DateTime::<Utc>::from_timestamp_micros((seconds * 1e6) as i64)
                    .ok_or_else(|| invalid("no such time"))?;
                let zone = arguments.get(1, "tz").and_then(|zone| zone.downcast_object_ref::<Zone>().copied());
                Ok(zone.map_or(Moment::At(at.naive_utc(), None), |zone| zone.local(at)).value())
            }
            (Self::DatetimeClass, "combine") => {
                let date = arguments.required(0, "date")?;
                let date = moment(&date)?.naive().date();
                let time = NaiveTime::from_str(&arguments.text(1, "time")?)
                    .map_err(|_| invalid("that is not a time of day"))?;
                Ok(Moment::value(Moment::At(date.and_time(time), None)))
            }
            (Self::Pytz, "timezone") => Zone::named(&arguments.text(0, "zone")?),
            (Self::Itertools, _) => super::itertools::call(method, args),
            (Self::Chain, "from_iterable") => super::itertools::flattened(args),
            (Self::Datetime, "datetime" | "date" | "timedelta" | "time") => {
                match self.get_value(&Value::from(method)) {
                    Some(class) => class.call(state, args),
                    None => Err(Error::from(ErrorKind::UnknownMethod)),
                }
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// The start of the invocation: nothing in a render asks the clock, so a run is one moment.
fn now(state: &State<'_, '_>) -> DateTime<Utc> {
    let started = state.lookup("run_started_at");
    match started.as_ref().and_then(|value| value.downcast_object_ref::<Moment>()) {
        Some(Moment::At(at, _)) => at.and_utc(),
        Some(Moment::On(_)) | None => DateTime::UNIX_EPOCH,
    }
}

fn delta(arguments: &Arguments<'_>) -> Delta {
    let names = ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"];
    let micros = [86_400e6, 1e6, 1.0, 1e3, 60e6, 3_600e6, 604_800e6];
    let total = names.iter().zip(micros).enumerate().map(|(at, (name, each))| {
        let count = arguments.get(at, name).and_then(|value| f64::try_from(value).ok()).unwrap_or(0.0);
        count * each
    });
    Delta(Duration::microseconds(total.sum::<f64>() as i64))
}

/// A `timedelta`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delta(pub Duration);

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
    fn named(name: &str) -> Result<Value, Error> {
        let by_any_case = || chrono_tz::TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name)).copied();
        let zone = Tz::from_str(name).ok().or_else(by_any_case);
        let zone = zone.ok_or_else(|| invalid(format!("`{name}` is not a time zone")))?;
        Ok(Value::from_object(Self::Named(zone)))
    }

    /// The same moment in this zone.
    fn local(self, at: DateTime<Utc>) -> Moment {
        match self {
            Self::Named(zone) | Self::Settled(zone, _) => {
                let local = at.with_timezone(&zone);
                Moment::At(local.naive_local(), Some(Self::Settled(zone, local.offset().fix())))
            }
            Self::Fixed(offset) => Moment::At(at.with_timezone(&offset).naive_local(), Some(self)),
        }
    }

    /// `localize`: the clock on the wall, with the offset the zone had then; of two, the later one.
    fn localized(self, at: NaiveDateTime) -> Moment {
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
    fn value(self) -> Value {
        Value::from_object(self)
    }

    fn naive(self) -> NaiveDateTime {
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
        if zone.is_some() {
            text.push_str(", tzinfo=<UTC>");
        }
        text + ")"
    }

    fn iso(self, separator: char) -> String {
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
        let zone = arguments.get(7, "tzinfo").and_then(|zone| zone.downcast_object_ref::<Zone>().copied());
        Ok(match self.with_naive(date.and_time(time)) {
            Self::At(at, old) => Self::At(at, zone.or(old)),
            on @ Self::On(_) => on,
        })
    }
}

fn moment(value: &Value) -> Result<Moment, Error> {
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
                Value::from(self.iso(separator))
            }
            "date" => Self::On(self.naive().date()).value(),
            "time" => Value::from(self.naive().time().to_string()),
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
        Some(self.utc().cmp(&other.downcast_ref::<Self>()?.utc()))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso(' '))
    }
}

fn shifted(to: Moment, by: Duration) -> Result<Value, Error> {
    let at = to.naive().checked_add_signed(by).ok_or_else(|| invalid("that date is out of range"))?;
    Ok(to.with_naive(at).value())
}

fn as_moment(value: &Value) -> Option<Moment> {
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

/// A date or timestamp as Python's `datetime.fromisoformat` and `isoformat` write it; `None` where it is none.
pub fn iso_timestamp(text: &str) -> Option<String> {
    let read = date_value(text)?;
    Some(match moment(&read).ok()? {
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

/// A method that is handed on as a value: `modules.datetime.datetime.strptime`.
#[derive(Debug)]
pub(super) struct BoundMethod {
    of: Value,
    name: String,
}

impl BoundMethod {
    pub fn value(of: Value, name: &str) -> Value {
        Value::from_object(Self { of, name: name.to_string() })
    }
}

impl Object for BoundMethod {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        self.of.call_method(state, &self.name, args)
    }
}

fn parse_time(text: &str, format: &str) -> Result<Value, Error> {
    let problem = || invalid(format!("time data '{text}' does not match format '{format}'"));
    let chrono_format = format.replace(".%f", "%.f");
    if let Ok(at) = NaiveDateTime::parse_from_str(text, &chrono_format) {
        return Ok(Moment::At(at, None).value());
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, &chrono_format) {
        return Ok(Moment::At(date.and_time(NaiveTime::MIN), None).value());
    }
    if let Ok(at) = DateTime::parse_from_str(text, &chrono_format) {
        return Ok(Moment::At(at.naive_local(), Some(Zone::Fixed(*at.offset()))).value());
    }
    // Python fills missing parts: `%Y-%m` is the first of the month.
    for (suffix, format_suffix) in [("-01", "-%d"), ("-01-01", "-%m-%d")] {
        let date = NaiveDate::parse_from_str(&format!("{text}{suffix}"), &format!("{chrono_format}{format_suffix}"));
        if let Ok(date) = date {
            return Ok(Moment::At(date.and_time(NaiveTime::MIN), None).value());
        }
    }
    Err(problem())
}
