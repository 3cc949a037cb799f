//! What every environment of dbt's Jinja has: Python's methods on plain values, and dbt's filters.

use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior};

use super::adapter_object::Arguments;
use super::rewrite::syntax;
use super::values::{Dict, List, invalid, is_printable, pairs, python_str, tuple};

/// Methods that minijinja does not know: Python's own, then what minijinja-contrib has.
pub(super) fn call(state: &mut State<'_, '_>, value: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    let found = match value.kind() {
        ValueKind::String => string_method(state, value.as_str().unwrap_or_default(), method, args)?,
        ValueKind::Bytes if method == "decode" => {
            let text = String::from_utf8(value.as_bytes().unwrap_or_default().to_vec());
            Some(Value::from(text.map_err(|_| invalid("these bytes are no text"))?))
        }
        ValueKind::Seq if value.is_tuple() && method == "index" => {
            let wanted = args.first().ok_or_else(|| Error::from(ErrorKind::MissingArgument))?;
            let at = value.try_iter()?.position(|item| item == *wanted);
            Some(Value::from(at.ok_or_else(|| invalid("the tuple has no such item"))?))
        }
        ValueKind::Number if method == "bit_length" && value.is_integer() => {
            let size = i128::try_from(value.clone())?.unsigned_abs();
            Some(Value::from(u128::BITS - size.leading_zeros()))
        }
        ValueKind::Number if method == "is_integer" => Some(Value::from(f64::try_from(value.clone())?.fract() == 0.0)),
        ValueKind::Undefined => {
            return Err(Error::new(
                ErrorKind::UndefinedError,
                format!("`{method}` is called on something that is not defined"),
            ));
        }
        ValueKind::None => return Err(invalid(format!("`{method}` is called on none"))),
        _ => None,
    };
    match found {
        Some(found) => Ok(found),
        None => minijinja_contrib::pycompat::unknown_method_callback(state, value, method, args),
    }
}

fn string_method(state: &mut State<'_, '_>, text: &str, method: &str, args: &[Value]) -> Result<Option<Value>, Error> {
    let arguments = Arguments::new(args);
    let list = |parts: Vec<&str>| List::value(parts.into_iter().map(Value::from).collect());
    Ok(Some(match method {
        // minijinja's own gives an immutable list; packages append to what `split` gave.
        "split" => split(text, &arguments)?,
        "rsplit" => match arguments.get(0, "sep") {
            None => blank_separated_from_right(text, &arguments),
            Some(separator) if python_str(&separator).is_empty() => return Err(invalid("empty separator")),
            Some(separator) => {
                let separator = python_str(&separator);
                let most = maxsplit(&arguments).unwrap_or(usize::MAX - 1);
                let mut parts: Vec<&str> = text.rsplitn(most.saturating_add(1), separator.as_str()).collect();
                parts.reverse();
                list(parts)
            }
        },
        "splitlines" => {
            let keeps_ends = arguments.flag(0, "keepends");
            let lines = text.split_inclusive('\n');
            let bare =
                |line| str::strip_suffix(line, '\n').map_or(line, |bare| bare.strip_suffix('\r').unwrap_or(bare));
            list(lines.map(|line| if keeps_ends { line } else { bare(line) }).collect())
        }
        "startswith" | "endswith" if args.len() > 1 => {
            let asked = Value::from(part(text, &args[1..]).1);
            return Ok(Some(minijinja_contrib::pycompat::unknown_method_callback(state, &asked, method, &args[..1])?));
        }
        "find" | "rfind" | "index" | "rindex" | "count" => looked_for(text, method, args)?,
        "title" => Value::from(titled(text)),
        "isprintable" => Value::from(text.chars().all(is_printable)),
        "format_map" => {
            let named =
                [Value::from(minijinja::value::Kwargs::from_iter(texts_of(&arguments.required(0, "mapping")?)?))];
            Value::from(super::string_format::format(text, &Arguments::new(&named))?)
        }
        "maketrans" => translation(&arguments)?,
        "translate" => Value::from(translated(text, &arguments.required(0, "table")?)?),
        "partition" | "rpartition" => {
            let separator = arguments.text(0, "sep")?;
            let cut = if method == "partition" {
                text.split_once(separator.as_str())
            } else {
                text.rsplit_once(separator.as_str())
            };
            let (before, middle, after) = match cut {
                Some((before, after)) => (before, separator.as_str(), after),
                None if method == "partition" => (text, "", ""),
                None => ("", "", text),
            };
            tuple([Value::from(before), Value::from(middle), Value::from(after)])
        }
        "zfill" => {
            let width = arguments.required(0, "width")?.as_usize().unwrap_or(0);
            let (sign, digits) = match text.strip_prefix(['-', '+']) {
                Some(digits) => (&text[..1], digits),
                None => ("", text),
            };
            Value::from(format!("{sign}{digits:0>width$}", width = width.saturating_sub(sign.len())))
        }
        "ljust" | "rjust" | "center" => Value::from(justified(text, method, &arguments)?),
        "removeprefix" => {
            let prefix = arguments.text(0, "prefix")?;
            Value::from(text.strip_prefix(prefix.as_str()).unwrap_or(text))
        }
        "removesuffix" => {
            let suffix = arguments.text(0, "suffix")?;
            Value::from(text.strip_suffix(suffix.as_str()).unwrap_or(text))
        }
        "swapcase" => {
            let swapped = text.chars().flat_map(|c| {
                if c.is_uppercase() { c.to_lowercase().collect::<Vec<_>>() } else { c.to_uppercase().collect() }
            });
            Value::from(swapped.collect::<String>())
        }
        "format" => Value::from(super::string_format::format(text, &arguments)?),
        "casefold" => Value::from(text.to_lowercase().replace('ß', "ss")),
        "isdecimal" | "isnumeric" => Value::from(!text.is_empty() && text.chars().all(char::is_numeric)),
        "isidentifier" => {
            let starts = text.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_');
            Value::from(starts && text.chars().all(|c| c.is_alphanumeric() || c == '_'))
        }
        "istitle" => Value::from(is_title(text)),
        "expandtabs" => {
            let size = arguments.get(0, "tabsize").and_then(|size| size.as_usize()).unwrap_or(8).min(PADDED_WIDTH_MAX);
            Value::from(without_tabs(text, size))
        }
        "encode" => Value::from_bytes(text.as_bytes().to_vec()),
        _ => return Ok(None),
    }))
}

fn maxsplit(arguments: &Arguments<'_>) -> Option<usize> {
    arguments.get(1, "maxsplit").and_then(|most| most.as_i64()).and_then(|most| usize::try_from(most).ok())
}

/// `rsplit()` without a separator: words, the last ones first to be cut off.
fn blank_separated_from_right(text: &str, arguments: &Arguments<'_>) -> Value {
    let most = maxsplit(arguments);
    let mut rest = text.trim_end();
    let mut parts = Vec::new();
    while !rest.is_empty() {
        if most == Some(parts.len()) {
            parts.push(Value::from(rest.trim_start()));
            break;
        }
        let start = rest.char_indices().rev().find(|(_, letter)| letter.is_whitespace());
        let start = start.map_or(0, |(at, letter)| at + letter.len_utf8());
        parts.push(Value::from(&rest[start..]));
        rest = rest[..start].trim_end();
    }
    parts.reverse();
    List::value(parts)
}

/// The part of a text between Python's `start` and `end`, and the place it begins at.
fn part(text: &str, bounds: &[Value]) -> (usize, String) {
    let letters: Vec<char> = text.chars().collect();
    let span = span(letters.len(), bounds);
    (span.start, letters[span].iter().collect())
}

/// Where a text lies in another, or how often.
fn looked_for(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    let wanted = args.first().ok_or_else(|| Error::from(ErrorKind::MissingArgument))?;
    let wanted =
        wanted.as_str().ok_or_else(|| invalid(format!("`{method}` looks for a text, not {}", wanted.kind())))?;
    let (start, part) = part(text, &args[1..]);
    let found = match method {
        "count" if wanted.is_empty() => return Ok(Value::from(part.chars().count() + 1)),
        "count" => return Ok(Value::from(part.matches(wanted).count())),
        "rfind" | "rindex" => part.rfind(wanted),
        _ => part.find(wanted),
    };
    match found {
        Some(at) => Ok(Value::from(start + part[..at].chars().count())),
        None if method.ends_with("index") => Err(invalid(format!("`{wanted}` is not in the text"))),
        None => Ok(Value::from(-1)),
    }
}

/// The first of letters side by side in capitals, the others small.
fn titled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_inside = false;
    for letter in text.chars() {
        if is_inside {
            out.extend(letter.to_lowercase());
        } else {
            out.extend(letter.to_uppercase());
        }
        is_inside = letter.is_alphabetic();
    }
    out
}

/// Python's `start` and `end` of a text: from the right where they are negative.
fn span(length: usize, bounds: &[Value]) -> std::ops::Range<usize> {
    let bound = |at: usize, default: usize| match bounds.get(at).and_then(Value::as_i64) {
        Some(bound) if bound < 0 => length.saturating_sub(bound.unsigned_abs() as usize),
        Some(bound) => (bound as usize).min(length),
        None => default,
    };
    let (start, end) = (bound(0, 0), bound(1, length));
    start.min(end)..end
}

/// The entries of a map whose keys are texts.
fn texts_of(map: &Value) -> Result<Vec<(String, Value)>, Error> {
    Ok(pairs(map)?.into_iter().map(|(key, value)| (python_str(&key), value)).collect())
}

/// `str.maketrans`: letters by their codes.
fn translation(arguments: &Arguments<'_>) -> Result<Value, Error> {
    let code = |letter: char| Value::from(u32::from(letter));
    let first = arguments.required(0, "x")?;
    let Some(to) = arguments.get(1, "y").map(|to| python_str(&to)) else {
        let entries =
            pairs(&first)?.into_iter().map(|(key, value)| match key.as_str().and_then(|key| key.chars().next()) {
                Some(letter) => (code(letter), value),
                None => (key, value),
            });
        return Ok(Dict::value(entries));
    };
    let from = python_str(&first);
    if from.chars().count() != to.chars().count() {
        return Err(invalid("the first two texts of `maketrans` must have one length"));
    }
    let removed = arguments.get(2, "z").map(|removed| python_str(&removed)).unwrap_or_default();
    let removed = removed.chars().map(|letter| (code(letter), Value::from(()))).collect::<Vec<_>>();
    Ok(Dict::value(from.chars().map(code).zip(to.chars().map(code)).chain(removed)))
}

fn translated(text: &str, table: &Value) -> Result<String, Error> {
    let mut out = String::new();
    for letter in text.chars() {
        let other = table.get_item(&Value::from(u32::from(letter)))?;
        match (other.as_str(), other.as_usize()) {
            (Some(other), _) => out.push_str(other),
            (None, Some(code)) => out.extend(u32::try_from(code).ok().and_then(char::from_u32)),
            (None, None) if other.is_none() => {}
            (None, None) => out.push(letter),
        }
    }
    Ok(out)
}

/// Every word begins with its only capital.
fn is_title(text: &str) -> bool {
    let mut is_inside = false;
    let mut has_words = false;
    for letter in text.chars() {
        if letter.is_uppercase() == is_inside && letter.is_alphabetic() {
            return false;
        }
        is_inside = letter.is_alphabetic();
        has_words |= is_inside;
    }
    has_words
}

fn without_tabs(text: &str, size: usize) -> String {
    let (mut out, mut column) = (String::new(), 0);
    for letter in text.chars() {
        match letter {
            '\t' if size > 0 => {
                let blanks = size - column % size;
                out.extend(std::iter::repeat_n(' ', blanks));
                column += blanks;
            }
            '\t' => {}
            '\n' | '\r' => {
                out.push(letter);
                column = 0;
            }
            _ => {
                out.push(letter);
                column += 1;
            }
        }
    }
    out
}

fn split(text: &str, arguments: &Arguments<'_>) -> Result<Value, Error> {
    let most = maxsplit(arguments);
    let parts: Vec<Value> = match arguments.get(0, "sep").map(|separator| python_str(&separator)) {
        Some(separator) if separator.is_empty() => return Err(invalid("empty separator")),
        Some(separator) => match most {
            Some(most) => text.splitn(most + 1, separator.as_str()).map(Value::from).collect(),
            None => text.split(separator.as_str()).map(Value::from).collect(),
        },
        None => {
            let mut rest = text.trim_start();
            let mut parts = Vec::new();
            while !rest.is_empty() {
                if most == Some(parts.len()) {
                    parts.push(Value::from(rest.trim_end()));
                    break;
                }
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                parts.push(Value::from(&rest[..end]));
                rest = rest[end..].trim_start();
            }
            parts
        }
    };
    Ok(List::value(parts))
}

/// Widest text that padding may make: a typo must not fill the memory.
const PADDED_WIDTH_MAX: usize = 1 << 20;

fn justified(text: &str, method: &str, arguments: &Arguments<'_>) -> Result<String, Error> {
    let width = arguments.required(0, "width")?.as_usize().unwrap_or(0).min(PADDED_WIDTH_MAX);
    let fill = arguments.get(1, "fillchar").and_then(|fill| python_str(&fill).chars().next()).unwrap_or(' ');
    let missing = width.saturating_sub(text.chars().count());
    let (left, right) = match method {
        "ljust" => (0, missing),
        "rjust" => (missing, 0),
        // Python puts the odd space left when the width is odd.
        _ => {
            let left = missing / 2 + (missing & width & 1);
            (left, missing - left)
        }
    };
    let pad = |count: usize| std::iter::repeat_n(fill, count).collect::<String>();
    Ok(format!("{}{text}{}", pad(left), pad(right)))
}

/// What every environment of dbt's Jinja has: its syntax, its undefined values, Python's methods, lists and dicts
/// that can be changed, dbt's filters.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_syntax(syntax());
    // Undefined values then know their names, in release builds too.
    environment.set_debug(true);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_unknown_method_callback(call);
    // What a loop goes through (`loops.rs`): a text letter by letter.
    environment.add_function("__turns", |items: Value| match items.as_str() {
        Some(text) => Value::from_iter(text.chars().map(Value::from)),
        None => items,
    });
    environment.add_function("__list", |items: Value| -> Result<Value, Error> {
        Ok(List::value(items.try_iter()?.collect()))
    });
    environment.add_function("__dict", |entries: Value| -> Result<Value, Error> { Ok(Dict::value(pairs(&entries)?)) });
    environment.add_function("__slice", |part: Value| match part.kind() {
        ValueKind::Seq | ValueKind::Iterable if !part.is_tuple() => {
            Ok::<_, Error>(List::value(part.try_iter()?.collect()))
        }
        _ => Ok(part),
    });
    super::arithmetic::add_functions(&mut environment);
    super::filters::add(&mut environment);
    environment
}

/// A text that spells a Python literal becomes that value.
pub(super) fn native(value: &Value) -> Value {
    let Some(text) = value.as_str() else { return value.clone() };
    match text.trim() {
        "True" | "true" => Value::from(true),
        "False" | "false" => Value::from(false),
        "None" => Value::from(()),
        trimmed => {
            if let Ok(number) = trimmed.parse::<i64>() {
                return if is_python_integer(trimmed) { Value::from(number) } else { value.clone() };
            }
            let looks_numeric = trimmed.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
            match trimmed.parse::<f64>() {
                Ok(number) if looks_numeric && trimmed.contains(['.', 'e', 'E']) => Value::from(number),
                _ => value.clone(),
            }
        }
    }
}

// `007` is not a number to Python, so a zip code stays text.
fn is_python_integer(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    digits == "0" || !digits.starts_with('0')
}
