//! Jinja2's filters, tests and globals that minijinja has not, or has otherwise: they print, sort and fail as Python's.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Kwargs, Object, ObjectRepr, Rest, Value, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State};
use minijinja_contrib::filters as contrib;

use super::adapter_object::Arguments;
use super::silent::is_undefined;
use super::values::{Dict, List, pairs, python_repr, python_str, tuple};

pub(super) fn add(environment: &mut Environment<'static>) {
    // In texts these change nothing; `yaml_engine.rs` has what they do in YAML.
    for name in ["as_text", "as_bool", "as_number", "as_native"] {
        environment.add_filter(name, |value: Value| value);
    }
    super::text_filters::add(environment);
    add_lists(environment);
    add_numbers(environment);
    for name in ["default", "d"] {
        environment.add_filter(name, |value: Value, args: Rest<ValueOrKwargs>| {
            let args = values_of(args);
            let arguments = Arguments::new(&args);
            let is_missing = is_undefined(&value) || (arguments.flag(1, "boolean") && !value.is_true());
            let other = || arguments.named("default_value").or_else(|| arguments.at(0));
            if is_missing { other().unwrap_or_else(|| Value::from("")) } else { value }
        });
    }
    environment.add_test("iterable", |value: &Value| {
        !value.is_none() && (is_undefined(value) || value.as_str().is_some() || value.try_iter().is_ok())
    });
    // Whatever has a length and can be asked by index: a text and a dict, too.
    environment.add_test("sequence", |value: &Value| {
        matches!(value.kind(), ValueKind::String | ValueKind::Seq | ValueKind::Map)
    });
    environment.add_test("callable", |value: &Value| {
        value.as_object().is_some_and(|object| object.repr() == minijinja::value::ObjectRepr::Plain)
    });
    environment.add_function("range", super::collections::range);
    environment.add_function("cycler", super::cycler::cycler);
    environment.add_function("joiner", super::cycler::joiner);
    environment.add_function("namespace", namespace);
    environment.add_function("dict", dict);
}

/// The arguments of a filter, those by name last.
pub(super) fn values_of(args: Rest<ValueOrKwargs>) -> Vec<Value> {
    args.0.into_iter().map(Value::from).collect()
}

/// Arguments given by place or by name, all by name.
fn by_name(args: &[Value], names: &[&'static str]) -> Kwargs {
    let arguments = Arguments::new(args);
    names.iter().enumerate().filter_map(|(at, name)| Some((*name, arguments.get(at, name)?))).collect()
}

fn add_numbers(environment: &mut Environment<'static>) {
    environment.add_filter("int", int);
    environment.add_filter("float", |value: Value, args: Rest<ValueOrKwargs>| {
        let args = values_of(args);
        let arguments = Arguments::new(&args);
        let fallback = || arguments.named("default").or_else(|| arguments.at(0)).unwrap_or_else(|| Value::from(0.0));
        real(&value).map_or_else(fallback, Value::from)
    });
    environment.add_filter("abs", |value: Value| match super::dates::size_of_duration(&value) {
        Some(size) => Ok(size),
        None if value.kind() == ValueKind::Bool => Ok(Value::from(u8::from(value.is_true()))),
        None => minijinja::filters::abs(value),
    });
    environment.add_filter("round", |value: Value, args: Rest<ValueOrKwargs>| -> Result<Value, Error> {
        let args = values_of(args);
        let arguments = Arguments::new(&args);
        let precision = arguments.get(0, "precision").and_then(|precision| precision.as_i64());
        let precision = precision.map(|precision| precision.clamp(-400, 400) as i32);
        let method = arguments.get(1, "method").map(|method| python_str(&method));
        // Rounded up or down, a whole number is a float.
        let value = match method.as_deref() {
            Some("ceil" | "floor") => real(&value).map_or(value, Value::from),
            _ if value.kind() == ValueKind::Bool => Value::from(u8::from(value.is_true())),
            _ => value,
        };
        minijinja::filters::round(value, precision, method.as_deref(), Kwargs::from_iter::<[(&str, Value); 0]>([]))
    });
}

/// `namespace(…)` of a dict and of names.
fn namespace(args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let mut entries = Vec::new();
    for given in values_of(args) {
        entries.extend(pairs(&given)?);
    }
    minijinja::functions::namespace(Some(Dict::value(entries).into()))
}

fn add_lists(environment: &mut Environment<'static>) {
    environment.add_filter("is_list", |value: Value| value.kind() == ValueKind::Seq);
    environment.add_filter("list", |value: Value| -> Result<Value, Error> {
        if let Some(text) = value.as_str() {
            return Ok(List::value(text.chars().map(|c| Value::from(c.to_string())).collect()));
        }
        Ok(List::value(if is_undefined(&value) { Vec::new() } else { value.try_iter()?.collect() }))
    });
    environment.add_filter("sort", |state: &State<'_, '_>, value: Value, args: Rest<ValueOrKwargs>| {
        let args = values_of(args);
        let kwargs = by_name(&args, &["reverse", "case_sensitive", "attribute"]);
        Ok::<_, Error>(List::value(minijinja::filters::sort(state, value, kwargs)?.try_iter()?.collect()))
    });
    environment.add_filter("join", join);
    environment.add_filter("random", contrib::random);
    environment.add_filter("dictsort", |value: Value, args: Rest<ValueOrKwargs>| -> Result<Value, Error> {
        let args = values_of(args);
        let sorted = minijinja::filters::dictsort(&value, by_name(&args, &["case_sensitive", "by", "reverse"]))?;
        let pair = |pair: Value| Ok(tuple([pair.get_item_by_index(0)?, pair.get_item_by_index(1)?]));
        Ok(List::value(sorted.try_iter()?.map(pair).collect::<Result<_, Error>>()?))
    });
    environment.add_filter("groupby", |value: Value, attribute: Option<Value>, kwargs: Kwargs| {
        let attribute = attribute.map(|attribute| python_str(&attribute));
        let groups = minijinja::filters::groupby(value, attribute.as_deref(), kwargs)?;
        let pair = |group: Value| -> Result<Value, Error> {
            let items = group.get_item_by_index(1)?.try_iter()?.collect();
            Ok(Value::from_object(Group { grouper: group.get_item_by_index(0)?, list: List::value(items) }))
        };
        Ok::<_, Error>(List::value(groups.try_iter()?.map(pair).collect::<Result<_, _>>()?))
    });
}

/// What is no number gives the default, not an error.
fn int(value: Value, default: Option<Value>, base: Option<u32>, kwargs: Kwargs) -> Result<Value, Error> {
    let fallback = kwargs.get::<Option<Value>>("default")?.or(default).unwrap_or_else(|| Value::from(0));
    let base = kwargs.get::<Option<u32>>("base")?.or(base).unwrap_or(10).clamp(2, 36);
    kwargs.assert_all_used()?;
    Ok(integer(&value, base).map_or(fallback, Value::from))
}

fn integer(value: &Value, base: u32) -> Option<i128> {
    let of_float = |float: f64| float.is_finite().then(|| float.trunc() as i128);
    let Some(text) = value.as_str() else {
        return i128::try_from(value.clone()).ok().or_else(|| real(value).and_then(of_float));
    };
    let text = text.trim().replace('_', "").to_lowercase();
    let prefix = match base {
        2 => "0b",
        8 => "0o",
        16 => "0x",
        _ => "",
    };
    let digits = text.strip_prefix(prefix).unwrap_or(&text);
    i128::from_str_radix(digits, base).ok().or_else(|| text.parse::<f64>().ok().and_then(of_float))
}

pub(super) fn real(value: &Value) -> Option<f64> {
    match value.as_str() {
        // Underscores may stand between digits.
        Some(text) => text.trim().replace('_', "").parse().ok(),
        None if value.kind() == ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        None => f64::try_from(value.clone()).ok(),
    }
}

fn join(value: Value, separator: Option<String>, attribute: Option<String>, kwargs: Kwargs) -> Result<String, Error> {
    let separator = kwargs.get::<Option<String>>("d")?.or(separator).unwrap_or_default();
    let attribute = kwargs.get::<Option<String>>("attribute")?.or(attribute);
    kwargs.assert_all_used()?;
    if let Some(text) = value.as_str() {
        return Ok(text.chars().map(|c| c.to_string()).collect::<Vec<_>>().join(&separator));
    }
    if is_undefined(&value) {
        return Ok(String::new());
    }
    let items = value.try_iter()?.map(|item| match &attribute {
        Some(attribute) => Ok(python_str(&item.get_attr(attribute)?)),
        None => Ok(python_str(&item)),
    });
    Ok(items.collect::<Result<Vec<_>, Error>>()?.join(&separator))
}

/// Python's `dict(…)`: of a dict or of pairs, with more entries by name.
fn dict(from: Option<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let mut entries: Vec<(Value, Value)> = Vec::new();
    match from {
        None => {}
        Some(from) if from.kind() == ValueKind::Map => entries.extend(pairs(&from)?),
        Some(from) => {
            for pair in from.try_iter()? {
                let parts: Vec<Value> = pair.try_iter()?.collect();
                let [key, value] = parts.as_slice() else {
                    return Err(Error::new(ErrorKind::InvalidOperation, "`dict` takes pairs of a key and a value"));
                };
                entries.push((key.clone(), value.clone()));
            }
        }
    }
    for name in kwargs.args() {
        entries.push((Value::from(name), kwargs.get(name)?));
    }
    Ok(Dict::value(entries))
}

/// One of `groupby`: a pair whose parts have names.
#[derive(Debug)]
pub(super) struct Group {
    grouper: Value,
    list: Value,
}

impl Object for Group {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match (key.as_str(), key.as_i64()) {
            (Some("grouper"), _) | (None, Some(0 | -2)) => Some(self.grouper.clone()),
            (Some("list"), _) | (None, Some(1 | -1)) => Some(self.list.clone()),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(vec![self.grouper.clone(), self.list.clone()])
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {})", python_repr(&self.grouper), python_repr(&self.list))
    }
}
