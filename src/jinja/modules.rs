//! `modules.datetime`, `modules.pytz`, `modules.re`, `modules.itertools`, and dates as values.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{
    DateTime, Datelike, Duration, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;
use minijinja::value::{Object, ObjectRepr, Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

use super::adapter_object::Arguments;
use super::scope::Scope;
use super::values::{List, invalid, python_str, tuple};

pub(super) fn lookup(scope: &Arc<Scope>, name: &str) -> Option<Value> {
    match name {
        "modules" => Some(Value::from_object(Modules)),
        "run_started_at" => {
            let started = scope.project.invocation.started_at;
            Some(Moment::value(Moment::At(started.naive_utc(), Some(Zone::Named(Tz::UTC)))))
        }
        _ => None,
    }
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
            (Self::TimezoneClass, "utc") | (Self::Pytz, "utc" | "UTC") => Value::from_object(Zone::Named(Tz::UTC)),
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
                let local = zone.map_or(now.naive_utc(), |zone| zone.local(now));
                Ok(Moment::value(Moment::At(local, zone)))
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
                Ok(Moment::value(Moment::At(zone.map_or(at.naive_utc(), |zone| zone.local(at)), zone)))
            }
            (Self::DatetimeClass, "combine") => {
                let date = arguments.required(0, "date")?;
                let date = moment(&date)?.naive().date();
                let time = NaiveTime::from_str(&arguments.text(1, "time")?)
                    .map_err(|_| invalid("that is not a time of day"))?;
                Ok(Moment::value(Moment::At(date.and_time(time), None)))
            }
            (Self::Pytz, "timezone") => Zone::named(&arguments.text(0, "zone")?),
            (Self::Itertools, _) => itertools(method, args),
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
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let seconds = self.0.num_seconds();
        Some(match key.as_str()? {
            "days" => Value::from(seconds.div_euclid(86_400)),
            "seconds" => Value::from(seconds.rem_euclid(86_400)),
            "microseconds" => Value::from(self.0.subsec_nanos() / 1_000),
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
        let seconds = self.0.num_seconds();
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        if days != 0 {
            write!(f, "{days} day{}, ", if days.abs() == 1 { "" } else { "s" })?;
        }
        write!(f, "{}:{:02}:{:02}", rest / 3_600, rest / 60 % 60, rest % 60)
    }
}

/// A time zone.
#[derive(Clone, Copy, Debug)]
pub(super) enum Zone {
    Named(Tz),
    Fixed(FixedOffset),
}

impl Zone {
    fn named(name: &str) -> Result<Value, Error> {
        let zone = Tz::from_str(name).map_err(|_| invalid(format!("`{name}` is not a time zone")))?;
        Ok(Value::from_object(Self::Named(zone)))
    }

    fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        match self {
            Self::Named(zone) => at.with_timezone(&zone).naive_local(),
            Self::Fixed(offset) => at.with_timezone(&offset).naive_local(),
        }
    }

    fn offset(self, local: NaiveDateTime) -> FixedOffset {
        match self {
            Self::Named(zone) => match zone.from_local_datetime(&local).earliest() {
                Some(at) => at.offset().fix(),
                None => zone.offset_from_utc_datetime(&local).fix(),
            },
            Self::Fixed(offset) => offset,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Named(zone) => zone.name().to_string(),
            Self::Fixed(offset) => format!("UTC{offset}"),
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
        match method {
            "localize" => {
                let at = moment(args.first().ok_or_else(|| Error::from(ErrorKind::MissingArgument))?)?;
                Ok(Moment::value(Moment::At(at.naive(), Some(**self))))
            }
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
            Self::At(at, Some(zone)) => (at - Duration::seconds(zone.offset(at).local_minus_utc().into())).and_utc(),
        }
    }

    fn with_naive(self, at: NaiveDateTime) -> Self {
        match self {
            Self::On(_) => Self::On(at.date()),
            Self::At(_, zone) => Self::At(at, zone),
        }
    }

    fn iso(self, separator: char) -> String {
        match self {
            Self::On(date) => date.format("%Y-%m-%d").to_string(),
            Self::At(at, zone) => {
                let fraction =
                    if at.nanosecond() == 0 { String::new() } else { format!(".{:06}", at.nanosecond() / 1_000) };
                let offset = zone.map_or(String::new(), |zone| zone.offset(at).to_string());
                format!("{}{separator}{}{fraction}{offset}", at.format("%Y-%m-%d"), at.format("%H:%M:%S"))
            }
        }
    }

    fn strftime(self, format: &str) -> Result<String, Error> {
        use std::fmt::Write as _;
        let mut out = String::new();
        let zone = match self {
            Self::At(_, Some(zone)) => Some(zone),
            Self::On(_) | Self::At(_, None) => None,
        };
        // Python's %f is six digits; chrono's is nine. %z and %Z are empty without a zone.
        let format = format
            .replace("%f", &format!("{:06}", self.naive().nanosecond() / 1_000))
            .replace("%Z", &zone.map_or(String::new(), Zone::name))
            .replace("%z", &zone.map_or(String::new(), |zone| zone.offset(self.naive()).to_string().replace(':', "")));
        write!(out, "{}", self.naive().format(&format))
            .map_err(|_| invalid(format!("`{format}` is not a date format")))?;
        Ok(out)
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
                Self::At(zone.local(self.utc()), Some(zone)).value()
            }
            "utcoffset" => match **self {
                Self::At(at, Some(zone)) => {
                    Value::from_object(Delta(Duration::seconds(zone.offset(at).local_minus_utc().into())))
                }
                Self::On(_) | Self::At(_, None) => Value::from(()),
            },
            // Arithmetic is written with operators in Python; minijinja has none for objects, so these stand in.
            "__add__" => add(**self, args.first(), 1)?,
            "__sub__" => add(**self, args.first(), -1)?,
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

fn add(to: Moment, what: Option<&Value>, sign: i32) -> Result<Value, Error> {
    let what = what.ok_or_else(|| Error::from(ErrorKind::MissingArgument))?;
    if let Some(delta) = what.downcast_object_ref::<Delta>() {
        let at = to.naive().checked_add_signed(delta.0 * sign).ok_or_else(|| invalid("that date is out of range"))?;
        return Ok(to.with_naive(at).value());
    }
    match (what.downcast_object_ref::<Moment>(), sign) {
        (Some(other), -1) => Ok(Value::from_object(Delta(to.utc() - other.utc()))),
        _ => Err(invalid("only a timedelta can be added to a date")),
    }
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

fn itertools(method: &str, args: &[Value]) -> Result<Value, Error> {
    let (positional, _) = super::values::split_kwargs(args);
    let items = |value: &Value| -> Result<Vec<Value>, Error> {
        match value.kind() {
            ValueKind::String => {
                Ok(value.as_str().unwrap_or_default().chars().map(|c| Value::from(c.to_string())).collect())
            }
            _ => Ok(value.try_iter()?.collect()),
        }
    };
    let as_tuple = |items: Vec<Value>| Value::from(minijinja::value::Tuple::from(items));
    match method {
        "chain" => {
            let mut all = Vec::new();
            for value in positional {
                all.extend(items(value)?);
            }
            Ok(List::value(all))
        }
        "product" => {
            let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
            for value in positional {
                let choices = items(value)?;
                rows = rows
                    .iter()
                    .flat_map(|row| {
                        choices.iter().map(|choice| [row.as_slice(), std::slice::from_ref(choice)].concat())
                    })
                    .collect();
            }
            Ok(List::value(rows.into_iter().map(as_tuple).collect()))
        }
        "combinations" => {
            let pool = positional.first().map(items).transpose()?.unwrap_or_default();
            let size = positional.get(1).and_then(Value::as_usize).unwrap_or(0);
            Ok(List::value(combinations(&pool, size).into_iter().map(as_tuple).collect()))
        }
        "accumulate" | "zip_longest" | "groupby" | "permutations" | "count" | "cycle" | "repeat" | "compress"
        | "islice" => Err(invalid(format!("`modules.itertools.{method}` is not supported, write a loop"))),
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}

fn combinations(pool: &[Value], size: usize) -> Vec<Vec<Value>> {
    if size == 0 {
        return vec![Vec::new()];
    }
    let with_first = |at: usize| {
        let rest = combinations(&pool[at + 1..], size - 1);
        rest.into_iter().map(move |tail| [std::slice::from_ref(&pool[at]), tail.as_slice()].concat())
    };
    (0..pool.len()).flat_map(with_first).collect()
}
