//! Jinja2's globals `cycler` and `joiner`: values with a memory of how often they were asked.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use minijinja::value::{Object, ObjectRepr, Rest, Value, ValueOrKwargs};
use minijinja::{Error, ErrorKind, State};

use super::adapter_object::Arguments;
use super::filters::values_of;
use super::values::{invalid, tuple_of};

pub(super) fn cycler(items: Rest<Value>) -> Result<Value, Error> {
    match items.is_empty() {
        true => Err(invalid("`cycler` needs at least one item")),
        false => Ok(Value::from_object(Cycler { items: items.to_vec(), position: AtomicUsize::new(0) })),
    }
}

pub(super) fn joiner(args: Rest<ValueOrKwargs>) -> Value {
    let args = values_of(args);
    let separator = Arguments::new(&args).get(0, "sep").unwrap_or_else(|| Value::from(", "));
    Value::from_object(Joiner { separator, was_used: AtomicBool::new(false) })
}

#[derive(Debug)]
struct Cycler {
    items: Vec<Value>,
    position: AtomicUsize,
}

impl Cycler {
    fn current(&self) -> Value {
        self.items[self.position.load(Ordering::Relaxed) % self.items.len()].clone()
    }
}

impl Object for Cycler {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "current" => Some(self.current()),
            "pos" => Some(Value::from(self.position.load(Ordering::Relaxed))),
            "items" => Some(tuple_of(self.items.clone())),
            _ => None,
        }
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, _: &[Value]) -> Result<Value, Error> {
        match method {
            "next" => {
                let current = self.current();
                let next = (self.position.load(Ordering::Relaxed) + 1) % self.items.len();
                self.position.store(next, Ordering::Relaxed);
                Ok(current)
            }
            "reset" => {
                self.position.store(0, Ordering::Relaxed);
                Ok(Value::from(()))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<cycler>")
    }
}

#[derive(Debug)]
struct Joiner {
    separator: Value,
    was_used: AtomicBool,
}

impl Object for Joiner {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        let is_first = !self.was_used.swap(true, Ordering::Relaxed);
        Ok(if is_first { Value::from("") } else { self.separator.clone() })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<joiner>")
    }
}
