//! `modules.datetime`, `modules.pytz`, `modules.re`, `modules.itertools`.

use std::sync::Arc;

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, ErrorKind, State};

use super::adapter_object::Arguments;
use super::clock::Clock;
use super::date_text::{date_value, parse_time};
use super::dates::{Delta, Moment, Zone, as_moment, day, moment};
use super::scope::Scope;
use super::values::invalid;
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
            (Self::DatetimeClass, "min") => Moment::value(Moment::At(day(1, 1, 1).and_time(NaiveTime::MIN), None)),
            (Self::DatetimeClass, "max") => {
                let last = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap_or_default();
                Moment::value(Moment::At(day(9999, 12, 31).and_time(last), None))
            }
            (Self::DateClass, "min") => Moment::value(Moment::On(day(1, 1, 1))),
            (Self::DateClass, "max") => Moment::value(Moment::On(day(9999, 12, 31))),
            (Self::Pytz, "all_timezones") => {
                let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| Value::from(zone.name()));
                super::values::List::value(names.collect())
            }
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
            Self::TimeClass => Clock::from_arguments(&arguments, NaiveTime::MIN),
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
                let found = date_value(&text).and_then(|value| as_moment(&value));
                let compact = || NaiveDate::parse_from_str(&text, "%Y%m%d").ok().map(Moment::On);
                let found = found.or_else(compact).ok_or_else(|| invalid(format!("`{text}` is not an ISO date")))?;
                Ok(Moment::value(match (**self, found) {
                    (Self::DatetimeClass, Moment::On(date)) => Moment::At(date.and_time(NaiveTime::MIN), None),
                    _ => found,
                }))
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
                let time = arguments.required(1, "time")?;
                let time = time.downcast_object_ref::<Clock>().ok_or_else(|| invalid("that is not a time of day"))?.0;
                Ok(Moment::value(Moment::At(date.and_time(time), None)))
            }
            (Self::DateClass | Self::DatetimeClass, "fromordinal") => {
                let days = arguments.required(0, "ordinal")?.as_i64().and_then(|days| i32::try_from(days).ok());
                let date = days.and_then(NaiveDate::from_num_days_from_ce_opt);
                let date = date.ok_or_else(|| invalid("no such day"))?;
                Ok(Moment::value(match **self {
                    Self::DateClass => Moment::On(date),
                    _ => Moment::At(date.and_time(NaiveTime::MIN), None),
                }))
            }
            (Self::Pytz, "FixedOffset") => {
                let minutes =
                    arguments.required(0, "minutes")?.as_i64().and_then(|minutes| i32::try_from(minutes).ok());
                let offset = minutes.and_then(|minutes| FixedOffset::east_opt(minutes.checked_mul(60)?));
                Ok(Value::from_object(Zone::Fixed(offset.ok_or_else(|| invalid("no such offset"))?)))
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
