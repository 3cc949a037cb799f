//! Jinja values as Python has them: lists and dicts that can be changed, Python's printing, plain data both ways.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use indexmap::IndexMap;
use minijinja::value::{Enumerator, Kwargs, Object, ObjectRepr, Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

use super::adapter_object::Arguments;
use super::collections::{DictView, Part, Range, Set};
use super::column_object::ColumnObject;
use super::filters::Group;
use super::relation_object::RelationObject;
use super::silent::is_undefined;
use crate::manifest::{Json, JsonMap};

/// The lock, even where another holder panicked: each change under our locks is one insert or remove.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A Python list.
#[derive(Debug, Default)]
pub(super) struct List {
    items: Mutex<Vec<Value>>,
}

impl List {
    pub fn value(items: Vec<Value>) -> Value {
        Value::from_object(Self { items: Mutex::new(items) })
    }

    fn index(&self, index: i64) -> Option<usize> {
        let length = lock(&self.items).len() as i64;
        let index = if index < 0 { index + length } else { index };
        (0..length).contains(&index).then_some(index as usize)
    }
}

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let index = self.index(key.as_i64()?)?;
        lock(&self.items).get(index).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(lock(&self.items).clone())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(lock(&self.items).len())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let argument = |at: usize| args.get(at).cloned().ok_or_else(|| Error::from(ErrorKind::MissingArgument));
        match method {
            "append" => lock(&self.items).push(argument(0)?),
            "extend" => {
                // The items are read first: a list may be extended by itself.
                let more: Vec<Value> = argument(0)?.try_iter()?.collect();
                lock(&self.items).extend(more);
            }
            "insert" => {
                let length = lock(&self.items).len() as i64;
                let at = argument(0)?.as_i64().unwrap_or(0);
                let at = (if at < 0 { (at + length).max(0) } else { at.min(length) }) as usize;
                lock(&self.items).insert(at, argument(1)?);
            }
            "pop" => {
                let at = args.first().and_then(Value::as_i64).unwrap_or(-1);
                let at = self.index(at).ok_or_else(|| invalid("pop from a list at a place it does not have"))?;
                return Ok(lock(&self.items).remove(at));
            }
            "remove" => {
                let wanted = argument(0)?;
                let mut items = lock(&self.items);
                let at = items.iter().position(|item| *item == wanted);
                items.remove(at.ok_or_else(|| invalid(format!("{} is not in the list", python_repr(&wanted))))?);
            }
            "clear" => lock(&self.items).clear(),
            "reverse" => lock(&self.items).reverse(),
            "sort" => {
                let is_reversed = Arguments::new(args).flag(1, "reverse");
                let mut items = lock(&self.items);
                if is_reversed {
                    items.sort_by(|a, b| b.cmp(a));
                } else {
                    items.sort();
                }
            }
            "copy" => return Ok(Self::value(lock(&self.items).clone())),
            "index" => {
                let wanted = argument(0)?;
                let from = args.get(1).and_then(Value::as_usize).unwrap_or(0);
                let at = lock(&self.items).iter().skip(from).position(|item| *item == wanted).map(|at| at + from);
                return at.map(Value::from).ok_or_else(|| invalid(format!("{} is not in list", python_repr(&wanted))));
            }
            "count" => {
                let wanted = argument(0)?;
                return Ok(Value::from(lock(&self.items).iter().filter(|item| **item == wanted).count()));
            }
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        }
        Ok(Value::from(()))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&python_repr(&Value::from_dyn_object(self.clone())))
    }
}

/// A Python dict.
pub(super) struct Dict {
    entries: OnceLock<Mutex<Entries>>,
    /// Gives the entries when they are first asked for, where they were not given at once.
    make: Option<Box<dyn Fn() -> Value + Send + Sync>>,
}

type Entries = IndexMap<Value, Value, foldhash::fast::RandomState>;

impl Dict {
    pub fn value(entries: impl IntoIterator<Item = (Value, Value)>) -> Value {
        Value::from_object(Self { entries: OnceLock::from(Mutex::new(entries.into_iter().collect())), make: None })
    }

    /// A dict like the one that `make` gives, which is not called for what is never looked at: macros load every name
    /// they mention, be it in a branch that is not taken.
    pub fn late(make: impl Fn() -> Value + Send + Sync + 'static) -> Value {
        Value::from_object(Self { entries: OnceLock::new(), make: Some(Box::new(make)) })
    }

    fn table(&self) -> MutexGuard<'_, Entries> {
        let entries = self.entries.get_or_init(|| {
            let made = self.make.as_ref().and_then(|make| pairs(&make()).ok());
            Mutex::new(made.unwrap_or_default().into_iter().collect())
        });
        lock(entries)
    }

    pub fn keys(&self) -> Vec<Value> {
        self.table().keys().cloned().collect()
    }

    pub fn entries(&self) -> Vec<(Value, Value)> {
        self.table().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    pub fn length(&self) -> usize {
        self.table().len()
    }
}

impl fmt::Debug for Dict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dict").field("entries", &self.entries).finish_non_exhaustive()
    }
}

impl Object for Dict {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.table().get(key).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.keys())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.length())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let argument = |at: usize| args.get(at).cloned().ok_or_else(|| Error::from(ErrorKind::MissingArgument));
        let default = || args.get(1).cloned().unwrap_or_else(|| Value::from(()));
        match method {
            "get" => Ok(self.table().get(&argument(0)?).cloned().unwrap_or_else(default)),
            "update" => {
                for source in args {
                    let more: Vec<(Value, Value)> = pairs(source)?;
                    self.table().extend(more);
                }
                Ok(Value::from(()))
            }
            "pop" => {
                let key = argument(0)?;
                match self.table().shift_remove(&key) {
                    Some(value) => Ok(value),
                    None => args.get(1).cloned().ok_or_else(|| invalid(format!("no key {}", python_repr(&key)))),
                }
            }
            "setdefault" => Ok(self.table().entry(argument(0)?).or_insert_with(default).clone()),
            "clear" => {
                self.table().clear();
                Ok(Value::from(()))
            }
            // Results of nodes are dicts here, and objects with `to_dict()` in dbt.
            "copy" | "to_dict" => Ok(Self::value(self.table().clone())),
            "keys" => Ok(DictView::value(self, Part::Keys)),
            "values" => Ok(DictView::value(self, Part::Values)),
            "items" => Ok(DictView::value(self, Part::Items)),
            "popitem" => match self.table().pop() {
                Some((key, value)) => Ok(tuple([key, value])),
                None => Err(invalid("the dict is empty")),
            },
            "fromkeys" => {
                let keys = argument(0)?.try_iter()?;
                Ok(Self::value(keys.map(|key| (key, default()))))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&python_repr(&Value::from_dyn_object(self.clone())))
    }
}

/// Entries of a map, or of a sequence of pairs.
pub(super) fn pairs(source: &Value) -> Result<Vec<(Value, Value)>, Error> {
    if source.is_kwargs() || source.kind() == ValueKind::Map {
        source.try_iter()?.map(|key| Ok((key.clone(), source.get_item(&key)?))).collect()
    } else {
        source.try_iter()?.map(|pair| Ok((pair.get_item_by_index(0)?, pair.get_item_by_index(1)?))).collect()
    }
}

/// A Python tuple.
pub(super) fn tuple<const N: usize>(items: [Value; N]) -> Value {
    tuple_of(Vec::from(items))
}

pub(super) fn tuple_of(items: Vec<Value>) -> Value {
    Value::from(minijinja::value::Tuple::from(items))
}

pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// `args` without the keyword arguments that minijinja passes last, and those by name.
pub(super) fn split_kwargs(args: &[Value]) -> (&[Value], Option<Kwargs>) {
    match args.split_last() {
        Some((last, rest)) if last.is_kwargs() => (rest, Kwargs::try_from(last.clone()).ok()),
        _ => (args, None),
    }
}

/// What Python's `str()` gives.
pub(super) fn python_str(value: &Value) -> String {
    match value.kind() {
        ValueKind::String => value.as_str().map(str::to_string).unwrap_or_default(),
        _ if is_undefined(value) => String::new(),
        _ => python_repr(value),
    }
}

/// What Python's `repr()` gives.
pub(super) fn python_repr(value: &Value) -> String {
    let mut out = String::new();
    write_repr(value, &mut out, 0);
    out
}

/// Deepest nesting that is printed; a list that holds itself would not end otherwise.
const REPR_DEPTH_MAX: usize = 64;

fn write_repr(value: &Value, out: &mut String, depth: usize) {
    if depth > REPR_DEPTH_MAX {
        out.push_str("...");
        return;
    }
    match value.kind() {
        ValueKind::String => write_string_repr(value.as_str().unwrap_or_default(), out),
        ValueKind::Number if !value.is_integer() => match f64::try_from(value.clone()) {
            Ok(number) => out.push_str(&python_float(number)),
            Err(_) => out.push_str(&value.to_string()),
        },
        ValueKind::Seq | ValueKind::Iterable if prints_itself(value) => out.push_str(&value.to_string()),
        ValueKind::Seq | ValueKind::Iterable => {
            let (open, close) = if value.is_tuple() { ('(', ')') } else { ('[', ']') };
            out.push(open);
            let mut count = 0;
            for (index, item) in value.try_iter().into_iter().flatten().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_repr(&item, out, depth + 1);
                count += 1;
            }
            if value.is_tuple() && count == 1 {
                out.push(',');
            }
            out.push(close);
        }
        ValueKind::Map if prints_as_dict(value) => {
            out.push('{');
            for (index, key) in value.try_iter().into_iter().flatten().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_repr(&key, out, depth + 1);
                out.push_str(": ");
                write_repr(&value.get_item(&key).unwrap_or_default(), out, depth + 1);
            }
            out.push('}');
        }
        ValueKind::Bytes => out.push_str(&bytes_repr(value.as_bytes().unwrap_or_default())),
        _ if depth > 0 => out.push_str(&nested_repr(value).unwrap_or_else(|| value.to_string())),
        _ => out.push_str(&value.to_string()),
    }
}

/// What prints as its name or its time alone, and as what it is inside a list.
fn nested_repr(value: &Value) -> Option<String> {
    if value.is_undefined() {
        return Some("Undefined".to_string());
    }
    let relation = value.downcast_object_ref::<RelationObject>().map(RelationObject::repr_text);
    relation.or_else(|| super::dates::date_repr(value))
}

// Collections that are neither lists nor tuples.
fn prints_itself(value: &Value) -> bool {
    value.downcast_object_ref::<DictView>().is_some()
        || value.downcast_object_ref::<Range>().is_some()
        || value.downcast_object_ref::<Set>().is_some()
        || value.downcast_object_ref::<Group>().is_some()
}

/// `b'a\xe9'`.
fn bytes_repr(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut out = format!("b{quote}");
    for byte in bytes {
        match byte {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b'\\' => out.push_str("\\\\"),
            byte if char::from(*byte) == quote => out.extend(['\\', quote]),
            0x20..0x7f => out.push(char::from(*byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push(quote);
    out
}

// Relations and columns are maps to Jinja (they have attributes), but print as their name.
fn prints_as_dict(value: &Value) -> bool {
    if value.downcast_object_ref::<RelationObject>().is_some() || value.downcast_object_ref::<ColumnObject>().is_some()
    {
        return false;
    }
    value.downcast_object_ref::<Dict>().is_some()
        || value.len().is_some_and(|length| length > 0)
        || value.to_string() == "{}"
}

fn write_string_repr(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            character if character == quote => {
                out.push('\\');
                out.push(character);
            }
            character if !is_printable(character) => out.push_str(&escape(character)),
            character => out.push(character),
        }
    }
    out.push(quote);
}

/// `\x7f`, `\u200b` or `\U0001f600`.
fn escape(character: char) -> String {
    match u32::from(character) {
        code @ 0..=0xff => format!("\\x{code:02x}"),
        code @ 0x100..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}

/// Python's `ascii()` of a repr: what is past ASCII as escapes.
pub(super) fn python_ascii(value: &Value) -> String {
    let letter = |letter: char| if letter.is_ascii() { letter.to_string() } else { escape(letter) };
    python_repr(value).chars().map(letter).collect()
}

/// Whether Python shows a character in a `repr()`: none of the controls, of the blanks past the space, of the marks
/// that are not seen, and of what nobody has assigned for all to use.
pub(super) fn is_printable(character: char) -> bool {
    let hidden = matches!(u32::from(character),
        0xad | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
        | 0xd800..=0xf8ff | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0x10ffff);
    !hidden && !character.is_control() && (character == ' ' || !character.is_whitespace())
}

/// Python's shortest spelling of a float: `1.5`, `1e+16`, `1e-05`.
pub(super) fn python_float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_string();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_string();
    }
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{number:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    format!("{number:?}")
}

/// Plain data as a Jinja value; lists and dicts can be changed.
pub(super) fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(value) => Value::from(*value),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => Value::from(value),
            (None, Some(value)) => Value::from(value),
            (None, None) => Value::from(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => List::value(items.iter().map(from_json).collect()),
        Json::Object(entries) => from_map(entries),
    }
}

pub(super) fn from_map(entries: &JsonMap) -> Value {
    Dict::value(entries.iter().map(|(key, value)| (Value::from(key.as_str()), from_json(value))))
}

/// A Jinja value as plain data; what has no plain form becomes its text.
pub(super) fn to_json(value: &Value) -> Json {
    json_at(value, 0)
}

fn json_at(value: &Value, depth: usize) -> Json {
    if depth > REPR_DEPTH_MAX {
        return Json::Null;
    }
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number => match (value.as_i64(), u64::try_from(value.clone())) {
            (Some(number), _) if value.is_integer() => Json::from(number),
            (None, Ok(number)) if value.is_integer() => Json::from(number),
            _ => f64::try_from(value.clone()).map_or(Json::Null, Json::from),
        },
        ValueKind::String => Json::from(value.as_str().unwrap_or_default()),
        _ if is_undefined(value) => Json::Null,
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter().into_iter().flatten().map(|item| json_at(&item, depth + 1)).collect()
        }
        ValueKind::Map if prints_as_dict(value) => {
            let entries = value.try_iter().into_iter().flatten().map(|key| {
                let entry = json_at(&value.get_item(&key).unwrap_or_default(), depth + 1);
                (json_key(&key), entry)
            });
            Json::Object(entries.collect())
        }
        ValueKind::Bytes | ValueKind::Map | ValueKind::Plain | ValueKind::Invalid | _ => Json::from(value.to_string()),
    }
}

/// A key as Python's `json.dumps` spells it.
fn json_key(key: &Value) -> String {
    match key.kind() {
        ValueKind::None => "null".to_string(),
        ValueKind::Bool => if key.is_true() { "true" } else { "false" }.to_string(),
        _ => python_str(key),
    }
}

/// The keyword arguments of a call as plain data.
pub(super) fn kwargs_json(kwargs: &Kwargs) -> JsonMap {
    let names: Vec<String> = kwargs.args().map(str::to_string).collect();
    names
        .into_iter()
        .map(|name| {
            let value: Value = kwargs.get(&name).unwrap_or_default();
            let json = to_json(&value);
            (name, json)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_print_as_python_prints_them() {
        let list = from_json(&serde_json::json!([1, "it's", null, true, 1.5, 1e16, {"a": [{}]}]));
        assert_eq!(python_repr(&list), r#"[1, "it's", None, True, 1.5, 1e+16, {'a': [{}]}]"#);
        assert_eq!(list.to_string(), python_repr(&list));
        assert_eq!(python_float(0.00001), "1e-05");
        assert_eq!(python_float(3.0), "3.0");
        assert_eq!(python_repr(&tuple([Value::from(1)])), "(1,)");
    }

    #[test]
    fn plain_data_survives_the_way_there_and_back() {
        let json = serde_json::json!({"a": [1, {"b": null}], "c": "x", "d": 1.5});
        assert_eq!(to_json(&from_json(&json)), json);
    }
}
