//! What an unquoted scalar means: YAML 1.1 as PyYAML's `SafeLoader` resolves it.
//!
//! Source: PyYAML, `resolver.py` (which texts are tried as what) and `constructor.py` (what they become).

use super::YamlKind;
use super::timestamp::{canonical, is_timestamp};

/// The value of a plain scalar.
pub(super) fn resolve(text: &str) -> YamlKind {
    // The first byte decides which of the forms are possible at all; most texts leave here.
    match text.as_bytes().first() {
        None => YamlKind::Null,
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => number(text).unwrap_or_else(|| timestamp_or_text(text)),
        Some(b'~' | b'n' | b'N') if matches!(text, "~" | "null" | "Null" | "NULL") => YamlKind::Null,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O') => match boolean(text) {
            Some(value) => YamlKind::Bool(value),
            None => YamlKind::Text(text.to_string()),
        },
        Some(_) => YamlKind::Text(text.to_string()),
    }
}

/// The value of a scalar with a tag of YAML's own, such as `!!int "3"`; `None` when the text does not fit the tag
/// or the tag is not known.
pub(super) fn resolve_tagged(suffix: &str, text: &str) -> Option<YamlKind> {
    match suffix {
        "str" | "binary" => Some(YamlKind::Text(text.to_string())),
        "null" => Some(YamlKind::Null),
        "bool" => boolean(text).map(YamlKind::Bool),
        "int" => integer(text).map(YamlKind::Int),
        "float" => float(text).or_else(|| integer(text).map(|value| value as f64)).map(YamlKind::Float),
        "timestamp" if is_timestamp(text) => Some(YamlKind::Date(canonical(text))),
        _ => None,
    }
}

pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Option<YamlKind> {
    // Float is tried before int, as PyYAML registers them; no text fits both.
    if let Some(value) = float(text) {
        return Some(YamlKind::Float(value));
    }
    match integer_digits(text)? {
        (is_negative, Some(value)) => match i64::try_from(if is_negative { -value } else { value }) {
            Ok(value) => Some(YamlKind::Int(value)),
            // Beyond 64 bits the spelling is kept, so that no digit is lost.
            Err(_) => Some(YamlKind::Text(text.to_string())),
        },
        (_, None) => Some(YamlKind::Text(text.to_string())),
    }
}

fn integer(text: &str) -> Option<i64> {
    let (is_negative, value) = integer_digits(text)?;
    i64::try_from(if is_negative { -value? } else { value? }).ok()
}

/// `None`: not written as an integer. `(_, None)`: written as one, but too large to hold.
fn integer_digits(text: &str) -> Option<(bool, Option<i128>)> {
    let (is_negative, body) = sign(text);
    let bytes = body.as_bytes();
    let all = |bytes: &[u8], is_digit: fn(&u8) -> bool| bytes.iter().all(|byte| *byte == b'_' || is_digit(byte));
    let value = match bytes {
        [b'0'] => Some(0),
        [b'0', b'b', rest @ ..] if !rest.is_empty() && all(rest, |byte| matches!(byte, b'0' | b'1')) => {
            digits(&body[2..], 2)?
        }
        [b'0', b'x', rest @ ..] if !rest.is_empty() && all(rest, u8::is_ascii_hexdigit) => digits(&body[2..], 16)?,
        [b'0', rest @ ..] if all(rest, |byte| matches!(byte, b'0'..=b'7')) => digits(body, 8)?,
        [b'1'..=b'9', rest @ ..] if all(rest, u8::is_ascii_digit) => digits(body, 10)?,
        [b'1'..=b'9', ..] => sexagesimal_integer(body)?,
        _ => return None,
    };
    Some((is_negative, value))
}

/// The value of digits with `_` between them; `Some(None)` when it is too large.
fn digits(body: &str, radix: u32) -> Option<Option<i128>> {
    let mut value: Option<i128> = Some(0);
    let mut has_digit = false;
    for digit in body.chars().filter(|digit| *digit != '_') {
        let digit = i128::from(digit.to_digit(radix)?);
        has_digit = true;
        value = value.and_then(|value| value.checked_mul(i128::from(radix))?.checked_add(digit));
    }
    has_digit.then_some(value.filter(|value| *value <= i128::from(u64::MAX)))
}

/// `1:30` is 90: minutes and seconds in base 60.
fn sexagesimal_integer(body: &str) -> Option<Option<i128>> {
    let (first, rest) = body.split_once(':')?;
    if !first.bytes().all(|byte| byte == b'_' || byte.is_ascii_digit()) {
        return None;
    }
    let mut value = digits(first, 10)?;
    for part in rest.split(':') {
        let part = i128::from(below_sixty(part)?);
        value = value.and_then(|value| value.checked_mul(60)?.checked_add(part));
    }
    Some(value)
}

/// One or two digits, at most 59.
fn below_sixty(part: &str) -> Option<u8> {
    match part.as_bytes() {
        [ones @ b'0'..=b'9'] => Some(ones - b'0'),
        [tens @ b'0'..=b'5', ones @ b'0'..=b'9'] => Some((tens - b'0') * 10 + (ones - b'0')),
        _ => None,
    }
}

fn float(text: &str) -> Option<f64> {
    match text {
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let (is_negative, body) = sign(text);
    let (whole, fraction) = body.split_once('.')?;
    let is_number = match whole.as_bytes() {
        // A sign before the bare point makes it text: `-.5`.
        [] => body.len() == text.len() && fraction.as_bytes().first()?.is_ascii_digit() && is_fraction(fraction),
        [b'0'..=b'9', rest @ ..] if rest.contains(&b':') => {
            return sexagesimal_float(whole, fraction).map(|value| if is_negative { -value } else { value });
        }
        [b'0'..=b'9', rest @ ..] => {
            rest.iter().all(|byte| *byte == b'_' || byte.is_ascii_digit()) && is_fraction(fraction)
        }
        _ => false,
    };
    let value: f64 = if is_number { body.replace('_', "").parse().ok()? } else { return None };
    Some(if is_negative { -value } else { value })
}

/// Digits, and perhaps an exponent that must have a sign: `1.0e3` is text, `1.0e+3` a number.
fn is_fraction(fraction: &str) -> bool {
    let (digits, exponent) = match fraction.find(['e', 'E']) {
        Some(at) => (&fraction[..at], Some(&fraction[at + 1..])),
        None => (fraction, None),
    };
    digits.bytes().all(|byte| byte == b'_' || byte.is_ascii_digit())
        && exponent.is_none_or(|exponent| match exponent.as_bytes() {
            [b'+' | b'-', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
            _ => false,
        })
}

fn sexagesimal_float(whole: &str, fraction: &str) -> Option<f64> {
    if !fraction.bytes().all(|byte| byte == b'_' || byte.is_ascii_digit()) {
        return None;
    }
    let (first, rest) = whole.split_once(':')?;
    let mut value: f64 = first.replace('_', "").parse().ok()?;
    for part in rest.split(':') {
        value = value * 60.0 + f64::from(below_sixty(part)?);
    }
    let fraction: f64 = format!("0.{}", fraction.replace('_', "")).parse().ok()?;
    Some(value + fraction)
}

fn sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

fn timestamp_or_text(text: &str) -> YamlKind {
    if is_timestamp(text) { YamlKind::Date(canonical(text)) } else { YamlKind::Text(text.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match resolve(text) {
            YamlKind::Null => "null".into(),
            YamlKind::Bool(value) => format!("bool {value}"),
            YamlKind::Int(value) => format!("int {value}"),
            YamlKind::Float(value) => format!("float {value:?}"),
            YamlKind::Text(text) => format!("text {text}"),
            YamlKind::Date(text) => format!("date {text}"),
            YamlKind::List(_) | YamlKind::Map(_) => "collection".into(),
        }
    }

    /// Each right-hand side is what PyYAML 6.0.3 `safe_load` answers (a timestamp is its `str`).
    #[test]
    fn plain_scalars_mean_what_pyyaml_says() {
        for (text, meaning) in [
            ("", "null"),
            ("~", "null"),
            ("Null", "null"),
            ("nUll", "text nUll"),
            ("yes", "bool true"),
            ("Off", "bool false"),
            ("y", "text y"),
            ("tRUE", "text tRUE"),
            ("0", "int 0"),
            ("-0", "int 0"),
            ("012", "int 10"),
            ("08", "text 08"),
            ("0o17", "text 0o17"),
            ("1_000", "int 1000"),
            ("0x_fF", "int 255"),
            ("0x_", "text 0x_"),
            ("-0b1_01", "int -5"),
            ("1:30", "int 90"),
            ("190:20:30", "int 685230"),
            ("1:60", "text 1:60"),
            ("0:30", "text 0:30"),
            ("1:30.5", "float 90.5"),
            ("1.", "float 1.0"),
            (".5", "float 0.5"),
            ("-.5", "text -.5"),
            ("1e3", "text 1e3"),
            ("1.0e3", "text 1.0e3"),
            ("1.0e+3", "float 1000.0"),
            ("6.8523015e+5", "float 685230.15"),
            ("1_0.2_5", "float 10.25"),
            (".inf", "float inf"),
            ("-.INF", "float -inf"),
            (".nan", "float NaN"),
            ("+", "text +"),
            ("-", "text -"),
            (".", "text ."),
            ("1.2.3", "text 1.2.3"),
            ("2020-01-31", "date 2020-01-31"),
            ("2020-1-31", "text 2020-1-31"),
            ("2001-12-14t21:59:43.10-05:00", "date 2001-12-14 21:59:43.100000-05:00"),
            ("2001-12-14 21:59:43", "date 2001-12-14 21:59:43"),
            ("2001-2-4  1:59:43.0000019 Z", "date 2001-02-04 01:59:43.000001+00:00"),
            ("2001-12-14 21:59:43.0-0", "date 2001-12-14 21:59:43+00:00"),
            ("2001-12-14 21:59", "text 2001-12-14 21:59"),
            ("9223372036854775807", "int 9223372036854775807"),
            ("9223372036854775808", "text 9223372036854775808"),
            ("99999999999999999999999999999999999999999999", "text 99999999999999999999999999999999999999999999"),
            ("=", "text ="),
        ] {
            assert_eq!(shown(text), meaning, "{text}");
        }
    }

    #[test]
    fn a_tag_overrides_the_look_of_a_scalar() {
        assert_eq!(resolve_tagged("str", "1"), Some(YamlKind::Text("1".into())));
        assert_eq!(resolve_tagged("int", "0x10"), Some(YamlKind::Int(16)));
        assert_eq!(resolve_tagged("float", "3"), Some(YamlKind::Float(3.0)));
        assert_eq!(resolve_tagged("int", "three"), None);
        assert_eq!(resolve_tagged("python/object", "x"), None);
    }
}
