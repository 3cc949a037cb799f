//! A `datetime.time`: an hour, a minute, a second, without a day.

use std::fmt;
use std::sync::Arc;

use chrono::{NaiveTime, Timelike};
use minijinja::value::{Object, Value};
use minijinja::{Error, ErrorKind, State};

use super::adapter_object::Arguments;
use super::values::invalid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Clock(pub NaiveTime);

impl Clock {
    pub fn value(time: NaiveTime) -> Value {
        Value::from_object(Self(time))
    }

    /// `time(hour, minute, second, microsecond)`, what is not given as in `old`.
    pub fn from_arguments(arguments: &Arguments<'_>, old: NaiveTime) -> Result<Value, Error> {
        let part = |at: usize, name: &str, old: u32| {
            arguments.get(at, name).and_then(|value| value.as_i64()).map_or(old, |part| part as u32)
        };
        let time = NaiveTime::from_hms_micro_opt(
            part(0, "hour", old.hour()),
            part(1, "minute", old.minute()),
            part(2, "second", old.second()),
            part(3, "microsecond", old.nanosecond() / 1_000),
        );
        time.map(Self::value).ok_or_else(|| invalid("that is not a time of day"))
    }

    /// What Python's `repr()` gives: `datetime.time(3, 4)`.
    pub fn repr_text(self) -> String {
        let (seconds, micros) = (self.0.second(), self.0.nanosecond() / 1_000);
        let mut text = format!("datetime.time({}, {}", self.0.hour(), self.0.minute());
        if seconds > 0 || micros > 0 {
            text.push_str(&format!(", {seconds}"));
        }
        if micros > 0 {
            text.push_str(&format!(", {micros}"));
        }
        text + ")"
    }
}

impl Object for Clock {
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "hour" => Value::from(self.0.hour()),
            "minute" => Value::from(self.0.minute()),
            "second" => Value::from(self.0.second()),
            "microsecond" => Value::from(self.0.nanosecond() / 1_000),
            "tzinfo" => Value::from(()),
            _ => return None,
        })
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let arguments = Arguments::new(args);
        match method {
            "strftime" => super::dates::time_text(self.0, &arguments.text(0, "format")?).map(Value::from),
            "isoformat" => Ok(Value::from(self.to_string())),
            "replace" => Self::from_arguments(&arguments, self.0),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &minijinja::value::DynObject) -> Option<std::cmp::Ordering> {
        Some((**self).cmp(other.downcast_ref::<Self>()?))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%H:%M:%S"))?;
        match self.0.nanosecond() / 1_000 {
            0 => Ok(()),
            micros => write!(f, ".{micros:06}"),
        }
    }
}
