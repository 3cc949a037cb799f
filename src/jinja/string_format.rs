//! Python's two ways to fill texts: `'%s' % value` and `'{}'.format(value)`.

use minijinja::Error;
use minijinja::value::{Value, ValueKind};

use super::adapter_object::Arguments;
use super::dates::Moment;
use super::values::{invalid, pairs, python_ascii, python_float, python_repr, python_str};

/// Widest text a format may ask for: a typo must not fill the memory.
const WIDTH_MAX: usize = 1 << 20;

/// What is asked of one value: `>08,.2f`.
#[derive(Clone, Copy, Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    is_alternate: bool,
    width: usize,
    group: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// `'%(name)s %05d' % values`.
///
/// # Errors
/// Too few values or too many, an unknown conversion, a value that is not what its conversion takes.
pub(super) fn percent(format: &str, values: &Value) -> Result<String, Error> {
    let positional: Vec<Value> = if values.is_tuple() { values.try_iter()?.collect() } else { vec![values.clone()] };
    let mut next = positional.iter();
    let mut uses_names = false;
    let mut out = String::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let mut named = None;
        if let Some(after) = rest.strip_prefix('(') {
            let end = after.find(')').ok_or_else(|| invalid("incomplete format key"))?;
            let key = &after[..end];
            let value = values.get_item(&Value::from(key))?;
            if value.is_undefined() {
                return Err(invalid(format!("there is no value for `%({key})`")));
            }
            named = Some(value);
            uses_names = true;
            rest = &after[end + 1..];
        }
        let mut take = || {
            named
                .clone()
                .or_else(|| next.next().cloned())
                .ok_or_else(|| invalid("not enough arguments for format string"))
        };
        let (spec, length) = percent_spec(rest, &mut take)?;
        rest = &rest[length..];
        out.push_str(&converted(&take()?, spec)?);
    }
    out.push_str(rest);
    if !uses_names && next.next().is_some() && values.kind() != ValueKind::Map {
        return Err(invalid("not all arguments converted during string formatting"));
    }
    Ok(out)
}

/// Flags, width, precision and conversion; how many bytes they took.
fn percent_spec(text: &str, take: &mut dyn FnMut() -> Result<Value, Error>) -> Result<(Spec, usize), Error> {
    let mut spec = Spec { align: Some('>'), ..Spec::default() };
    let mut characters = text.char_indices().peekable();
    while let Some((_, flag)) = characters.next_if(|(_, c)| matches!(c, '-' | '+' | ' ' | '0' | '#')) {
        match flag {
            '-' => spec.align = Some('<'),
            '0' if spec.align != Some('<') => (spec.fill, spec.align) = (Some('0'), Some('=')),
            '#' => spec.is_alternate = true,
            '+' | ' ' => spec.sign = Some(flag),
            _ => {}
        }
    }
    let mut number = |characters: &mut std::iter::Peekable<std::str::CharIndices<'_>>| -> Result<Option<usize>, Error> {
        if characters.next_if(|(_, c)| *c == '*').is_some() {
            return Ok(take()?.as_usize());
        }
        Ok(digits(characters))
    };
    spec.width = number(&mut characters)?.unwrap_or(0).min(WIDTH_MAX);
    if characters.next_if(|(_, c)| *c == '.').is_some() {
        spec.precision = Some(number(&mut characters)?.unwrap_or(0).min(WIDTH_MAX));
    }
    while characters.next_if(|(_, c)| matches!(c, 'h' | 'l' | 'L')).is_some() {}
    let (at, kind) = characters.next().ok_or_else(|| invalid("incomplete format"))?;
    spec.kind = Some(kind);
    Ok((spec, at + kind.len_utf8()))
}

fn digits(characters: &mut std::iter::Peekable<std::str::CharIndices<'_>>) -> Option<usize> {
    let mut found = None;
    while let Some((_, digit)) = characters.next_if(|(_, c)| c.is_ascii_digit()) {
        let digit = digit.to_digit(10).unwrap_or(0) as usize;
        found = Some(found.unwrap_or(0usize).saturating_mul(10).saturating_add(digit));
    }
    found
}

fn converted(value: &Value, mut spec: Spec) -> Result<String, Error> {
    let text = match spec.kind {
        Some('s') => python_str(value),
        Some('r') => python_repr(value),
        Some('a') => python_ascii(value),
        Some('c') => match value.as_str() {
            Some(text) => text.to_string(),
            None => value.as_i64().and_then(|code| char::from_u32(code as u32)).map(String::from).unwrap_or_default(),
        },
        Some('d' | 'i' | 'u') => {
            let number = whole(value)
                .ok_or_else(|| invalid(format!("%d format: a number is required, not {}", value.kind())))?;
            // Here a precision is the least number of digits.
            if let Some(least) = spec.precision.take() {
                let sign = if number < 0 { "-" } else { "" };
                return Ok(padded(&format!("{sign}{:0>least$}", number.unsigned_abs()), spec, '>'));
            }
            return numeric(&Value::from(number), Spec { kind: Some('d'), ..spec });
        }
        Some('x' | 'X' | 'o' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G') => return numeric(value, spec),
        Some(other) => return Err(invalid(format!("unsupported format character '{other}'"))),
        None => return Err(invalid("incomplete format")),
    };
    let text = match spec.precision {
        Some(most) => text.chars().take(most).collect(),
        None => text,
    };
    // Zeros are for numbers only.
    if spec.fill == Some('0') {
        (spec.fill, spec.align) = (None, Some('>'));
    }
    Ok(padded(&text, spec, '>'))
}

/// An integer; of a float what is before the point.
fn whole(value: &Value) -> Option<i128> {
    match value.kind() {
        ValueKind::Bool => Some(i128::from(value.is_true())),
        ValueKind::Number if value.is_integer() => i128::try_from(value.clone()).ok(),
        ValueKind::Number => {
            f64::try_from(value.clone()).ok().filter(|number| number.is_finite()).map(|number| number as i128)
        }
        _ => None,
    }
}

/// `'{} {name:>5}'.format(…)`.
///
/// # Errors
/// A field that has no value, a format its value has no use for, a bracket that is not closed.
pub(super) fn format(format: &str, arguments: &Arguments<'_>) -> Result<String, Error> {
    filled(format, arguments, &mut Numbering::default(), 0)
}

/// How fields without a name find their values: none numbered, or all.
#[derive(Default)]
struct Numbering {
    next: usize,
    is_manual: bool,
}

fn filled(format: &str, arguments: &Arguments<'_>, counter: &mut Numbering, depth: usize) -> Result<String, Error> {
    let mut out = String::new();
    let mut rest = format;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let bracket = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(bracket) {
            out.push_str(bracket);
            rest = after;
            continue;
        }
        if bracket == "}" {
            return Err(invalid("single '}' encountered in format string"));
        }
        let end = closing(rest).ok_or_else(|| invalid("expected '}' before end of string"))?;
        let field = &rest[..end];
        rest = &rest[end + 1..];
        let (target, spec) = field.split_once(':').unwrap_or((field, ""));
        let (target, conversion) = match target.split_once('!') {
            Some((target, conversion)) => (target, Some(conversion)),
            None => (target, None),
        };
        let value = field_value(target, arguments, counter)?;
        let value = match conversion {
            None => value,
            Some("s") => Value::from(python_str(&value)),
            Some("a") => Value::from(python_ascii(&value)),
            Some(_) => Value::from(python_repr(&value)),
        };
        let nested;
        let spec = if spec.contains('{') && depth == 0 {
            nested = filled(spec, arguments, counter, depth + 1)?;
            nested.as_str()
        } else {
            spec
        };
        out.push_str(&formatted(&value, spec)?);
    }
    out.push_str(rest);
    Ok(out)
}

/// Where the bracket that is open before `text` closes.
fn closing(text: &str) -> Option<usize> {
    let mut open = 1;
    text.char_indices().find_map(|(at, character)| {
        match character {
            '{' => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        (open == 0).then_some(at)
    })
}

/// `0`, `name`, `name.attribute[key]`.
fn field_value(target: &str, arguments: &Arguments<'_>, counter: &mut Numbering) -> Result<Value, Error> {
    let end = target.find(['.', '[']).unwrap_or(target.len());
    let (name, mut path) = target.split_at(end);
    let mixed = || invalid("fields with numbers and fields without cannot be mixed");
    let missing = || invalid(format!("there is no value for the field `{{{target}}}`"));
    let mut value = match name.parse::<usize>() {
        Ok(_) if counter.next > 0 => return Err(mixed()),
        Ok(index) => {
            counter.is_manual = true;
            arguments.at(index)
        }
        Err(_) if name.is_empty() && counter.is_manual => return Err(mixed()),
        Err(_) if name.is_empty() => {
            counter.next += 1;
            arguments.at(counter.next - 1)
        }
        Err(_) => arguments.named(name),
    }
    .ok_or_else(missing)?;
    while !path.is_empty() {
        if let Some(after) = path.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            value = value.get_attr(&after[..end])?;
            path = &after[end..];
        } else {
            let after = &path[1..];
            let end = after.find(']').ok_or_else(missing)?;
            let key = &after[..end];
            let key = key.parse::<i64>().map_or_else(|_| Value::from(key), Value::from);
            value = value.get_item(&key)?;
            path = &after[end + 1..];
        }
    }
    Ok(value)
}

/// Python's `format(value, spec)`.
fn formatted(value: &Value, spec: &str) -> Result<String, Error> {
    if spec.is_empty() {
        return Ok(python_str(value));
    }
    if let Some(moment) = value.downcast_object_ref::<Moment>() {
        return moment.strftime(spec);
    }
    let spec = format_spec(spec)?;
    let is_number = matches!(value.kind(), ValueKind::Number | ValueKind::Bool);
    if is_number {
        return numeric(value, spec);
    }
    if !matches!(spec.kind, None | Some('s')) {
        return Err(invalid(format!("unknown format code '{}' for {}", spec.kind.unwrap_or('s'), value.kind())));
    }
    let text = python_str(value);
    let text = match spec.precision {
        Some(most) => text.chars().take(most).collect(),
        None => text,
    };
    Ok(padded(&text, spec, '<'))
}

fn format_spec(text: &str) -> Result<Spec, Error> {
    let mut spec = Spec::default();
    let is_align = |c: char| matches!(c, '<' | '>' | '=' | '^');
    let second = text.chars().nth(1);
    let mut rest = text;
    if let Some(first) = text.chars().next() {
        if second.is_some_and(is_align) {
            (spec.fill, spec.align) = (Some(first), second);
            rest = &text[first.len_utf8() + 1..];
        } else if is_align(first) {
            spec.align = Some(first);
            rest = &text[1..];
        }
    }
    let mut characters = rest.char_indices().peekable();
    spec.sign = characters.next_if(|(_, c)| matches!(c, '+' | '-' | ' ')).map(|(_, sign)| sign);
    spec.is_alternate = characters.next_if(|(_, c)| *c == '#').is_some();
    if characters.next_if(|(_, c)| *c == '0').is_some() && spec.align.is_none() {
        (spec.fill, spec.align) = (Some('0'), Some('='));
    }
    spec.width = digits(&mut characters).unwrap_or(0).min(WIDTH_MAX);
    spec.group = characters.next_if(|(_, c)| matches!(c, ',' | '_')).map(|(_, group)| group);
    if characters.next_if(|(_, c)| *c == '.').is_some() {
        spec.precision = Some(digits(&mut characters).unwrap_or(0).min(WIDTH_MAX));
    }
    spec.kind = characters.next().map(|(_, kind)| kind);
    match characters.next() {
        None => Ok(spec),
        Some(_) => Err(invalid(format!("invalid format specifier '{text}'"))),
    }
}

/// A number in its format, with sign, grouping and padding.
fn numeric(value: &Value, spec: Spec) -> Result<String, Error> {
    let integer = (value.is_integer() || value.kind() == ValueKind::Bool).then(|| whole(value)).flatten();
    let float = || match integer {
        Some(number) => Ok(number as f64),
        None => f64::try_from(value.clone()),
    };
    let as_integer =
        || integer.ok_or_else(|| invalid(format!("unknown format code '{}' for a float", spec.kind.unwrap_or('d'))));
    let (is_negative, body) = match spec.kind {
        None | Some('n') if integer.is_some() => of_integer(integer.unwrap_or(0), 'd', spec),
        Some(kind @ ('d' | 'b' | 'o' | 'x' | 'X')) => of_integer(as_integer()?, kind, spec),
        Some('c') => (false, char::from_u32(as_integer()? as u32).map(String::from).unwrap_or_default()),
        Some(kind @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%')) => of_float(float()?, kind, spec),
        None => {
            let number = float()?;
            match spec.precision {
                Some(_) => of_float(number, 'g', spec),
                None => (number.is_sign_negative(), python_float(number.abs())),
            }
        }
        Some(other) => return Err(invalid(format!("unknown format code '{other}' for a number"))),
    };
    let body = match spec.group {
        Some(mark) => grouped(&body, mark),
        None => body,
    };
    let sign = match (is_negative, spec.sign) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        (false, _) => "",
    };
    if spec.align == Some('=') {
        let missing = spec.width.saturating_sub(sign.len() + body.chars().count());
        let zeros: String = std::iter::repeat_n(spec.fill.unwrap_or(' '), missing).collect();
        return Ok(format!("{sign}{zeros}{body}"));
    }
    Ok(padded(&format!("{sign}{body}"), spec, '>'))
}

fn of_integer(number: i128, kind: char, spec: Spec) -> (bool, String) {
    let size = number.unsigned_abs();
    let (prefix, digits) = match kind {
        'b' => ("0b", format!("{size:b}")),
        'o' => ("0o", format!("{size:o}")),
        'x' => ("0x", format!("{size:x}")),
        'X' => ("0X", format!("{size:X}")),
        _ => ("", size.to_string()),
    };
    let prefix = if spec.is_alternate { prefix } else { "" };
    (number < 0, format!("{prefix}{digits}"))
}

fn of_float(number: f64, kind: char, spec: Spec) -> (bool, String) {
    let is_negative = number.is_sign_negative() && !number.is_nan();
    let size = number.abs();
    if !size.is_finite() {
        let text = if size.is_nan() { "nan" } else { "inf" };
        return (is_negative, if kind.is_uppercase() { text.to_uppercase() } else { text.to_string() });
    }
    let precision = spec.precision.unwrap_or(6);
    let text = match kind.to_ascii_lowercase() {
        'f' => format!("{size:.precision$}"),
        '%' => format!("{:.precision$}%", size * 100.0),
        'e' => exponent_form(size, precision),
        _ => general(size, precision.max(1), spec.is_alternate),
    };
    (is_negative, if kind.is_uppercase() { text.to_uppercase() } else { text })
}

/// `1.50e+02`.
fn exponent_form(size: f64, precision: usize) -> String {
    let text = format!("{size:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// `%g`: the shorter of the two forms, zeros at the end left off.
fn general(size: f64, precision: usize, keeps_zeros: bool) -> String {
    let scientific = exponent_form(size, precision - 1);
    let exponent: i32 = scientific.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
    let trimmed = |text: &str| match text.contains('.') && !keeps_zeros {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text.to_string(),
    };
    if exponent < -4 || exponent >= precision as i32 {
        let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "+00"));
        return format!("{}e{exponent}", trimmed(mantissa));
    }
    let decimals = (precision as i32 - 1 - exponent).max(0) as usize;
    trimmed(&format!("{size:.decimals$}"))
}

/// A mark between each three digits before the point.
fn grouped(body: &str, mark: char) -> String {
    let end = body.find(|c: char| !c.is_ascii_digit()).unwrap_or(body.len());
    let (digits, rest) = body.split_at(end);
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(mark);
        }
        out.push(digit);
    }
    out + rest
}

fn padded(text: &str, spec: Spec, default_align: char) -> String {
    let missing = spec.width.saturating_sub(text.chars().count());
    let (left, right) = match spec.align.unwrap_or(default_align) {
        '<' => (0, missing),
        '^' => (missing / 2, missing - missing / 2),
        _ => (missing, 0),
    };
    let fill = spec.fill.unwrap_or(' ');
    let pad = |count: usize| std::iter::repeat_n(fill, count).collect::<String>();
    format!("{}{text}{}", pad(left), pad(right))
}

/// Jinja2's filter `format`: `'%s %(name)s' | format(…)`.
pub(super) fn format_filter(format: &str, values: &[Value]) -> Result<String, Error> {
    match values.split_last() {
        Some((last, before)) if last.is_kwargs() => {
            if !before.is_empty() {
                return Err(invalid("`format` takes values by place or by name, not both"));
            }
            let named = super::values::Dict::value(pairs(last)?);
            percent(format, &named)
        }
        _ => percent(format, &Value::from(minijinja::value::Tuple::from(values.to_vec()))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::values::tuple;
    use super::*;

    fn one(spec: &str, value: impl Into<Value>) -> String {
        formatted(&value.into(), spec).expect("a format Python takes")
    }

    #[test]
    fn percent_fills_as_python_does() {
        let values = tuple([Value::from("x"), Value::from(3), Value::from(1.5)]);
        assert_eq!(percent("%s-%05d-%.2f", &values).expect("fits"), "x-00003-1.50");
        assert_eq!(percent("%-5s|%%", &Value::from("a")).expect("fits"), "a    |%");
        assert_eq!(percent("%x %5.1f", &tuple([Value::from(255), Value::from(2.25)])).expect("fits"), "ff   2.2");
        assert!(percent("%s %s", &Value::from(1)).is_err());
        assert!(percent("none", &Value::from(1)).is_err());
        assert!(percent("%d", &Value::from("a")).is_err());
    }

    #[test]
    fn formats_fill_as_python_does() {
        assert_eq!(one("02d", 5), "05");
        assert_eq!(one(",", 1_234_567), "1,234,567");
        assert_eq!(one("^5", "a"), "  a  ");
        assert_eq!(one("*>5", "a"), "****a");
        assert_eq!(one(".1%", 0.256), "25.6%");
        assert_eq!(one("+.2e", 12345.678), "+1.23e+04");
        assert_eq!(one("g", 0.00001), "1e-05");
        assert_eq!(one("#x", 255), "0xff");
        assert_eq!(one("06.1f", -2.55), "-002.5");
        assert!(formatted(&Value::from("a"), "d").is_err());
    }
}
