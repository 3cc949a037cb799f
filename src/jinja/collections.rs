//! Python's collections beside lists and dicts: what `keys()`, `values()`, `items()` give, `range`, and sets.

use std::fmt;
use std::sync::{Arc, Mutex};

use indexmap::IndexSet;
use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error, ErrorKind, State};

use super::values::{Dict, invalid, lock, python_repr};

/// A look at a dict; what the dict gets later is seen, too.
#[derive(Debug)]
pub(super) struct DictView {
    of: Arc<Dict>,
    part: Part,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Keys,
    Values,
    Items,
}

impl DictView {
    pub fn value(of: &Arc<Dict>, part: Part) -> Value {
        Value::from_object(Self { of: Arc::clone(of), part })
    }

    fn items(&self) -> Vec<Value> {
        match self.part {
            Part::Keys => self.of.keys(),
            Part::Values => self.of.entries().into_iter().map(|(_, value)| value).collect(),
            Part::Items => {
                self.of.entries().into_iter().map(|(key, value)| super::values::tuple([key, value])).collect()
            }
        }
    }
}

impl Object for DictView {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.items())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.of.length())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        match method {
            "isdisjoint" if self.part != Part::Values => compared(&self.items().into_iter().collect(), method, args),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.part {
            Part::Keys => "dict_keys",
            Part::Values => "dict_values",
            Part::Items => "dict_items",
        };
        write!(f, "{name}([{}])", joined(&self.items()))
    }
}

fn joined(items: &[Value]) -> String {
    items.iter().map(python_repr).collect::<Vec<_>>().join(", ")
}

/// Python's `range`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    start: i64,
    stop: i64,
    step: i64,
}

/// Most numbers a range may have, as in Jinja2's sandbox.
const RANGE_LENGTH_MAX: i128 = 100_000;

/// The function `range`.
pub(super) fn range(args: minijinja::value::Rest<Value>) -> Result<Value, Error> {
    let number = |value: &Value| match value.as_i64() {
        Some(number) if value.is_integer() || value.kind() == minijinja::value::ValueKind::Bool => Ok(number),
        _ => Err(invalid(format!("`range` takes whole numbers, not {}", python_repr(value)))),
    };
    let numbers = args.iter().map(number).collect::<Result<Vec<_>, _>>()?;
    let range = match numbers.as_slice() {
        [stop] => Range { start: 0, stop: *stop, step: 1 },
        [start, stop] => Range { start: *start, stop: *stop, step: 1 },
        [start, stop, step] => Range { start: *start, stop: *stop, step: *step },
        [] => return Err(Error::from(ErrorKind::MissingArgument)),
        _ => return Err(Error::from(ErrorKind::TooManyArguments)),
    };
    match range {
        Range { step: 0, .. } => Err(invalid("the step of `range` is 0")),
        _ if range.length() > RANGE_LENGTH_MAX => {
            Err(invalid(format!("a range may have {RANGE_LENGTH_MAX} numbers, this one has {}", range.length())))
        }
        _ => Ok(Value::from_object(range)),
    }
}

impl Range {
    fn length(&self) -> i128 {
        let (start, stop, step) = (i128::from(self.start), i128::from(self.stop), i128::from(self.step));
        let (distance, stride) = if step > 0 { (stop - start, step) } else { (start - stop, -step) };
        if distance <= 0 { 0 } else { (distance - 1) / stride + 1 }
    }

    fn at(&self, index: i128) -> Value {
        Value::from(i128::from(self.start) + index * i128::from(self.step))
    }

    fn position(&self, wanted: &Value) -> Option<i128> {
        (0..self.length()).find(|index| self.at(*index) == *wanted)
    }
}

impl Object for Range {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some("start") => return Some(Value::from(self.start)),
            Some("stop") => return Some(Value::from(self.stop)),
            Some("step") => return Some(Value::from(self.step)),
            _ => {}
        }
        let index = i128::from(key.as_i64()?);
        let index = if index < 0 { index + self.length() } else { index };
        (0..self.length()).contains(&index).then(|| self.at(index))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values((0..self.length()).map(|index| self.at(index)).collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        usize::try_from(self.length()).ok()
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let wanted = args.first().ok_or_else(|| Error::from(ErrorKind::MissingArgument));
        match method {
            "index" => {
                let wanted = wanted?;
                let found = self.position(wanted).map(Value::from);
                found.ok_or_else(|| invalid(format!("{} is not in range", python_repr(wanted))))
            }
            "count" => Ok(Value::from(u8::from(self.position(wanted?).is_some()))),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            1 => write!(f, "range({}, {})", self.start, self.stop),
            step => write!(f, "range({}, {}, {step})", self.start, self.stop),
        }
    }
}

/// A Python set, in the order its items came.
#[derive(Debug, Default)]
pub(super) struct Set {
    items: Mutex<IndexSet<Value>>,
}

impl Set {
    pub fn value(items: impl IntoIterator<Item = Value>) -> Value {
        Value::from_object(Self { items: Mutex::new(items.into_iter().collect()) })
    }

    fn items(&self) -> IndexSet<Value> {
        lock(&self.items).clone()
    }
}

/// `a - b` where one of them is a set, and the other may be keys or items of a dict, too.
pub(super) fn set_difference(a: &Value, b: &Value) -> Option<Value> {
    let is_set = |value: &Value| {
        let view = value.downcast_object_ref::<DictView>();
        value.downcast_object_ref::<Set>().is_some() || view.is_some_and(|view| view.part != Part::Values)
    };
    // Keys take any list; a set wants a set.
    let fits = is_set(a) && (is_set(b) || a.downcast_object_ref::<DictView>().is_some());
    let others: IndexSet<Value> = if fits { b.try_iter().ok()?.collect() } else { return None };
    Some(Set::value(a.try_iter().ok()?.filter(|item| !others.contains(item))))
}

/// Every item of every argument.
fn united(args: &[Value]) -> Result<IndexSet<Value>, Error> {
    let mut all = IndexSet::new();
    for more in args {
        all.extend(more.try_iter()?);
    }
    Ok(all)
}

/// The methods that ask about two sets.
fn compared(items: &IndexSet<Value>, method: &str, args: &[Value]) -> Result<Value, Error> {
    let other: IndexSet<Value> =
        args.first().ok_or_else(|| Error::from(ErrorKind::MissingArgument))?.try_iter()?.collect();
    Ok(Value::from(match method {
        "issubset" => items.is_subset(&other),
        "issuperset" => items.is_superset(&other),
        _ => items.is_disjoint(&other),
    }))
}

/// What is in every argument and in `items`.
fn intersection(items: &IndexSet<Value>, args: &[Value]) -> Result<IndexSet<Value>, Error> {
    let others =
        args.iter().map(|other| Ok(other.try_iter()?.collect())).collect::<Result<Vec<IndexSet<Value>>, Error>>()?;
    Ok(items.iter().filter(|item| others.iter().all(|other| other.contains(*item))).cloned().collect())
}

impl Object for Set {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.items().into_iter().collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(lock(&self.items).len())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        // The arguments are read before the lock is taken: a set may be given to itself.
        let one = || args.first().cloned().ok_or_else(|| Error::from(ErrorKind::MissingArgument));
        let nothing = || Ok(Value::from(()));
        match method {
            "union" => Ok(Self::value(self.items().into_iter().chain(united(args)?))),
            "difference" => {
                let others = united(args)?;
                Ok(Self::value(self.items().into_iter().filter(|item| !others.contains(item))))
            }
            "intersection" => Ok(Self::value(intersection(&self.items(), args)?)),
            "symmetric_difference" => {
                let other: IndexSet<Value> = one()?.try_iter()?.collect();
                Ok(Self::value(self.items().symmetric_difference(&other).cloned()))
            }
            "issubset" | "issuperset" | "isdisjoint" => compared(&self.items(), method, args),
            "copy" => Ok(Self::value(self.items())),
            "add" => {
                let item = one()?;
                lock(&self.items).insert(item);
                nothing()
            }
            "discard" => {
                let item = one()?;
                lock(&self.items).shift_remove(&item);
                nothing()
            }
            "remove" => {
                let item = one()?;
                let was_there = lock(&self.items).shift_remove(&item);
                if was_there { nothing() } else { Err(invalid(format!("{} is not in the set", python_repr(&item)))) }
            }
            "pop" => lock(&self.items).shift_remove_index(0).ok_or_else(|| invalid("pop from an empty set")),
            "clear" => {
                lock(&self.items).clear();
                nothing()
            }
            "update" => {
                let more = united(args)?;
                lock(&self.items).extend(more);
                nothing()
            }
            "difference_update" => {
                let others = united(args)?;
                lock(&self.items).retain(|item| !others.contains(item));
                nothing()
            }
            "intersection_update" => {
                let kept = intersection(&self.items(), args)?;
                *lock(&self.items) = kept;
                nothing()
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items: Vec<Value> = self.items().into_iter().collect();
        match items.is_empty() {
            true => f.write_str("set()"),
            false => write!(f, "{{{}}}", joined(&items)),
        }
    }
}
