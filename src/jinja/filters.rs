//! Jinja2's filters, tests and globals that minijinja has not, or has otherwise: they print, sort and fail as Python's.

use minijinja::value::{Kwargs, Rest, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State};
use minijinja_contrib::{filters as contrib, globals};

use super::adapter_object::Arguments;
use super::silent::is_undefined;
use super::values::{Dict, List, invalid, pairs, python_str, to_json, tuple};

pub(super) fn add(environment: &mut Environment<'static>) {
    // In texts these change nothing; `yaml_engine.rs` has what they do in YAML.
    for name in ["as_text", "as_bool", "as_number", "as_native"] {
        environment.add_filter(name, |value: Value| value);
    }
    add_texts(environment);
    add_lists(environment);
    environment.add_filter("int", int);
    environment.add_filter("float", |value: Value, default: Option<Value>, kwargs: Kwargs| -> Result<Value, Error> {
        let fallback = kwargs.get::<Option<Value>>("default")?.or(default).unwrap_or_else(|| Value::from(0.0));
        kwargs.assert_all_used()?;
        Ok(real(&value).map_or(fallback, Value::from))
    });
    // Whatever has a length and can be asked by index: a text and a dict, too.
    environment.add_test("sequence", |value: &Value| {
        matches!(value.kind(), ValueKind::String | ValueKind::Seq | ValueKind::Map)
    });
    environment.add_test("callable", |value: &Value| {
        value.as_object().is_some_and(|object| object.repr() == minijinja::value::ObjectRepr::Plain)
    });
    environment.add_function("cycler", |items: Rest<Value>| globals::cycler(items.to_vec()));
    environment.add_function("joiner", globals::joiner);
    environment.add_function("dict", dict);
}

fn add_texts(environment: &mut Environment<'static>) {
    environment.add_filter("string", |value: Value| python_str(&value));
    environment.add_filter("format", |format: String, values: Rest<Value>| {
        super::string_format::format_filter(&format, &values)
    });
    environment.add_filter("truncate", truncate);
    environment.add_filter("wordcount", |value: Value| {
        let text = python_str(&value);
        text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).count()
    });
    environment.add_filter("center", |state: &mut State<'_, '_>, value: Value, width: Option<usize>| {
        let width = Value::from(width.unwrap_or(80));
        super::methods::call(state, &Value::from(python_str(&value)), "center", &[width])
    });
    environment.add_filter("wordwrap", wordwrap);
    environment.add_filter("striptags", |value: Value| contrib::striptags(python_str(&value)));
    environment.add_filter("filesizeformat", contrib::filesizeformat);
    environment.add_filter("random", contrib::random);
    for name in ["e", "escape", "forceescape"] {
        environment.add_filter(name, |value: Value| escaped(&python_str(&value)));
    }
    environment.add_filter("xmlattr", xml_attributes);
    environment.add_filter("tojson", |value: Value, indent: Option<Value>, kwargs: Kwargs| -> Result<Value, Error> {
        let indent = kwargs.get::<Option<Value>>("indent")?.or(indent).and_then(|indent| indent.as_usize());
        kwargs.assert_all_used()?;
        Ok(Value::from(html_safe(&super::yaml_text::python_json_indented(&to_json(&value), true, indent))))
    });
}

fn add_lists(environment: &mut Environment<'static>) {
    environment.add_filter("is_list", |value: Value| value.kind() == ValueKind::Seq);
    environment.add_filter("list", |value: Value| -> Result<Value, Error> {
        if let Some(text) = value.as_str() {
            return Ok(List::value(text.chars().map(|c| Value::from(c.to_string())).collect()));
        }
        Ok(List::value(if is_undefined(&value) { Vec::new() } else { value.try_iter()?.collect() }))
    });
    environment.add_filter("sort", |state: &State<'_, '_>, value: Value, kwargs: Kwargs| -> Result<Value, Error> {
        Ok(List::value(minijinja::filters::sort(state, value, kwargs)?.try_iter()?.collect()))
    });
    environment.add_filter("join", join);
    environment.add_filter("groupby", |value: Value, attribute: Option<String>, kwargs: Kwargs| {
        let groups = minijinja::filters::groupby(value, attribute.as_deref(), kwargs)?;
        let pair = |group: Value| -> Result<Value, Error> {
            let items = group.get_item_by_index(1)?.try_iter()?.collect();
            Ok(tuple([group.get_item_by_index(0)?, List::value(items)]))
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

fn integer(value: &Value, base: u32) -> Option<i64> {
    let Some(text) = value.as_str() else {
        return i64::try_from(value.clone()).ok().or_else(|| real(value).map(|float| float.trunc() as i64));
    };
    let text = text.trim().replace('_', "").to_lowercase();
    let prefix = match base {
        2 => "0b",
        8 => "0o",
        16 => "0x",
        _ => "",
    };
    let digits = text.strip_prefix(prefix).unwrap_or(&text);
    i64::from_str_radix(digits, base).ok().or_else(|| text.parse::<f64>().ok().map(|float| float.trunc() as i64))
}

fn real(value: &Value) -> Option<f64> {
    match value.as_str() {
        Some(text) => text.trim().parse().ok(),
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

/// Source: Jinja2, `do_truncate`: a text a little too long is left whole.
fn truncate(value: Value, args: Rest<Value>) -> Result<String, Error> {
    let arguments = Arguments::new(&args);
    let text = python_str(&value);
    let number = |at: usize, name: &str, default: usize| {
        arguments.get(at, name).and_then(|value| value.as_usize()).unwrap_or(default)
    };
    let (length, leeway) = (number(0, "length", 255), number(3, "leeway", 5));
    let end = arguments.get(2, "end").map_or_else(|| "...".to_string(), |end| python_str(&end));
    let cuts_words = arguments.get(1, "killwords").is_some_and(|killwords| killwords.is_true());
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= length + leeway {
        return Ok(text);
    }
    let kept =
        length.checked_sub(end.chars().count()).ok_or_else(|| invalid("the length is less than that of `end`"))?;
    let cut: String = letters[..kept].iter().collect();
    if cuts_words {
        return Ok(cut + &end);
    }
    let whole_words = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    Ok(format!("{whole_words}{end}"))
}

/// Source: Jinja2, `do_wordwrap`.
fn wordwrap(value: Value, args: Rest<Value>) -> String {
    let arguments = Arguments::new(&args);
    let width = arguments.get(0, "width").and_then(|width| width.as_usize()).unwrap_or(79).max(1);
    let breaks_long = arguments.get(1, "break_long_words").is_none_or(|breaks| breaks.is_true());
    let newline = arguments.get(2, "wrapstring").map_or_else(|| "\n".to_string(), |newline| python_str(&newline));
    let text = python_str(&value);
    let lines = text.lines().flat_map(|line| wrapped(line, width, breaks_long));
    lines.collect::<Vec<_>>().join(&newline)
}

fn wrapped(line: &str, width: usize, breaks_long: bool) -> Vec<String> {
    let (mut lines, mut current) = (Vec::new(), Vec::new());
    for word in line.split_whitespace() {
        let mut letters: Vec<char> = word.chars().collect();
        let room = |current: &[char]| if current.is_empty() { 0 } else { current.len() + 1 };
        if room(&current) + letters.len() > width && !current.is_empty() {
            lines.push(current.drain(..).collect::<String>());
        }
        while breaks_long && letters.len() > width {
            lines.push(letters.drain(..width).collect());
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.extend(letters);
    }
    lines.push(current.into_iter().collect());
    lines
}

fn xml_attributes(value: Value) -> Result<String, Error> {
    let mut out = String::new();
    for (name, value) in pairs(&value)? {
        if !value.is_none() && !is_undefined(&value) {
            out.push_str(&format!(" {}=\"{}\"", escaped(&python_str(&name)), escaped(&python_str(&value))));
        }
    }
    Ok(out)
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&#34;").replace('\'', "&#39;")
}

/// Source: Jinja2, `htmlsafe_json_dumps`.
fn html_safe(json: &str) -> String {
    let json = json.replace('<', "\\u003c").replace('>', "\\u003e");
    json.replace('&', "\\u0026").replace('\'', "\\u0027")
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
