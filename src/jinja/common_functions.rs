//! Functions of dbt's context that ask nothing of the project: `fromjson`, `set`, `zip`, … They are in YAML, too.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, Value};
use minijinja::{Error, ErrorKind, State};

use super::adapter_object::Arguments;
use super::collections::Set;
use super::values::{Dict, List, from_json, invalid, pairs, python_str, split_kwargs, to_json};
use crate::manifest::Json;

type Act = fn(&[Value]) -> Result<Value, Error>;

const FUNCTIONS: [(&str, Act); 10] = [
    ("fromjson", from_json_text),
    ("tojson", to_json_text),
    ("fromyaml", super::yaml_text::from_yaml_text),
    ("toyaml", super::yaml_text::to_yaml_text),
    ("set", set),
    ("set_strict", set_strict),
    ("zip", zip),
    ("zip_strict", zip_strict),
    ("local_md5", local_md5),
    ("diff_of_two_dicts", diff_of_two_dicts),
];

/// The function of that name.
pub(super) fn lookup(name: &str) -> Option<Value> {
    let (name, act) = FUNCTIONS.into_iter().find(|(known, _)| *known == name)?;
    Some(Value::from_object(Function { name, act }))
}

/// Every one of them, with its name.
pub(super) fn all() -> impl Iterator<Item = (Value, Value)> {
    FUNCTIONS.into_iter().map(|(name, act)| (Value::from(name), Value::from_object(Function { name, act })))
}

struct Function {
    name: &'static str,
    act: Act,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<function {}>", self.name)
    }
}

impl Object for Function {
    fn repr(self: &Arc<Self>) -> minijinja::value::ObjectRepr {
        minijinja::value::ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        (self.act)(args)
    }
}

fn from_json_text(args: &[Value]) -> Result<Value, Error> {
    let arguments = Arguments::new(args);
    let parsed = serde_json::from_str::<Json>(&arguments.text(0, "string")?);
    Ok(parsed.map_or_else(|_| arguments.get(1, "default").unwrap_or_else(|| Value::from(())), |json| from_json(&json)))
}

fn to_json_text(args: &[Value]) -> Result<Value, Error> {
    let (positional, kwargs) = split_kwargs(args);
    let sorted =
        kwargs.as_ref().is_some_and(|kwargs| kwargs.get::<Option<bool>>("sort_keys").ok().flatten() == Some(true));
    let json = positional.first().map(to_json).unwrap_or(Json::Null);
    Ok(Value::from(super::yaml_text::python_json(&json, sorted)))
}

/// Python's `set`, or the default where there is nothing to take items from.
fn set(args: &[Value]) -> Result<Value, Error> {
    let (positional, kwargs) = split_kwargs(args);
    let is_iterable = positional.first().is_none_or(|first| !first.is_none() && first.try_iter().is_ok());
    if is_iterable { set_strict(args) } else { Ok(default_of(positional.get(1), kwargs)) }
}

fn set_strict(args: &[Value]) -> Result<Value, Error> {
    match args.first() {
        Some(items) if items.is_none() => Err(invalid("a set is made of what has items, not of none")),
        Some(items) => Ok(Set::value(items.try_iter()?)),
        None => Ok(Set::value([])),
    }
}

fn zip(args: &[Value]) -> Result<Value, Error> {
    let (positional, kwargs) = split_kwargs(args);
    let is_iterable = positional.iter().all(|list| !list.is_none() && list.try_iter().is_ok());
    if is_iterable { zip_strict(positional) } else { Ok(default_of(None, kwargs)) }
}

fn zip_strict(args: &[Value]) -> Result<Value, Error> {
    let lists: Vec<Vec<Value>> =
        args.iter().map(|list| Ok(list.try_iter()?.collect())).collect::<Result<_, Error>>()?;
    let shortest = lists.iter().map(Vec::len).min().unwrap_or(0);
    let row = |at: usize| super::values::tuple_of(lists.iter().map(|list| list[at].clone()).collect());
    Ok(List::value((0..shortest).map(row).collect()))
}

fn default_of(positional: Option<&Value>, kwargs: Option<minijinja::value::Kwargs>) -> Value {
    let named = kwargs.and_then(|kwargs| kwargs.get::<Option<Value>>("default").ok().flatten());
    named.or_else(|| positional.cloned()).unwrap_or_else(|| Value::from(()))
}

fn local_md5(args: &[Value]) -> Result<Value, Error> {
    use md5::{Digest, Md5};
    let text = args.first().map(python_str).unwrap_or_default();
    let digest = Md5::digest(text.as_bytes());
    Ok(Value::from(digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

/// Entries of the first dict of lists that the second has not, letters' case aside.
fn diff_of_two_dicts(args: &[Value]) -> Result<Value, Error> {
    let [left, right] = args else { return Err(Error::from(ErrorKind::MissingArgument)) };
    let lower = |value: &Value| python_str(value).to_lowercase();
    let right: Vec<(String, Vec<String>)> = pairs(right)?
        .into_iter()
        .map(|(key, values)| Ok((lower(&key), values.try_iter()?.map(|value| lower(&value)).collect())))
        .collect::<Result<_, Error>>()?;
    let mut only_left = Vec::new();
    for (key, values) in pairs(left)? {
        let known = right.iter().find(|(other, _)| *other == lower(&key)).map_or(&[][..], |(_, values)| values);
        let missing: Vec<Value> = values.try_iter()?.filter(|value| !known.contains(&lower(value))).collect();
        if !missing.is_empty() {
            only_left.push((key, List::value(missing)));
        }
    }
    Ok(Dict::value(only_left))
}
