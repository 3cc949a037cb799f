//! Python's arithmetic on values: numbers, texts, lists, dates and durations.

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error};

use super::collections::set_difference;
use super::dates::{date_difference, date_product, date_remainder, date_sum, negated};
use super::silent::is_undefined;
use super::string_format::percent;
use super::values::{List, invalid, python_str};

pub(super) fn add_functions(environment: &mut Environment<'static>) {
    environment.add_function("__add", add);
    environment.add_function("__sub", subtract);
    environment.add_function("__mul", multiply);
    environment.add_function("__div", divide);
    environment.add_function("__floordiv", floor_divide);
    environment.add_function("__mod", modulo);
    environment.add_function("__pow", power);
    environment.add_function("__neg", negate);
    environment.add_function("__cat", concatenate);
    environment.add_function("__chain", chain);
}

/// Operands with the name of an operator between each two, from left to right.
fn chain(items: &Value) -> Result<Value, Error> {
    let items: Vec<Value> = items.try_iter()?.collect();
    let Some((first, rest)) = items.split_first() else { return Ok(Value::UNDEFINED) };
    let mut links = rest.chunks_exact(2).peekable();
    let mut result = first.clone();
    while let Some([name, operand]) = links.next() {
        let operand = operand.clone();
        result = match name.as_str().unwrap_or_default() {
            "__add" => add(result, operand)?,
            "__sub" => subtract(result, operand)?,
            "__mul" => multiply(result, operand)?,
            "__div" => divide(result, operand)?,
            "__floordiv" => floor_divide(result, operand)?,
            "__mod" => modulo(result, operand)?,
            "__pow" => power(result, operand)?,
            "__cat" => {
                // Texts in a row are put together once.
                let mut text = python_str(&result) + &python_str(&operand);
                while let Some([_, operand]) = links.next_if(|link| link[0].as_str() == Some("__cat")) {
                    text.push_str(&python_str(operand));
                }
                Value::from(text)
            }
            unknown => return Err(invalid(format!("`{unknown}` is no operator"))),
        };
    }
    Ok(result)
}

fn concatenate(a: Value, b: Value) -> String {
    python_str(&a) + &python_str(&b)
}

/// Longest text or list that `*` makes: a typo must not fill the memory.
const REPEATED_LENGTH_MAX: usize = 10_000_000;

/// Two numbers, as Python would see them.
enum Numbers {
    Integers(i128, i128),
    Floats(f64, f64),
    /// A whole number that no arithmetic here holds.
    TooLarge,
}

fn numbers(a: &Value, b: &Value) -> Option<Numbers> {
    let is_number = |value: &Value| matches!(value.kind(), ValueKind::Number | ValueKind::Bool);
    if !is_number(a) || !is_number(b) {
        return None;
    }
    let is_too_large = |value: &Value| value.is_integer() && integer(value).is_none();
    match (integer(a), integer(b)) {
        (Some(a), Some(b)) => Some(Numbers::Integers(a, b)),
        _ if is_too_large(a) || is_too_large(b) => Some(Numbers::TooLarge),
        _ => Some(Numbers::Floats(float(a)?, float(b)?)),
    }
}

fn integer(value: &Value) -> Option<i128> {
    match value.kind() {
        ValueKind::Bool => Some(i128::from(value.is_true())),
        _ if value.is_integer() => i128::try_from(value.clone()).ok(),
        _ => None,
    }
}

fn float(value: &Value) -> Option<f64> {
    integer(value).map(|whole| whole as f64).or_else(|| f64::try_from(value.clone()).ok())
}

fn sequence(value: &Value) -> Option<Vec<Value>> {
    (value.kind() == ValueKind::Seq).then(|| value.try_iter().into_iter().flatten().collect())
}

fn like(model: &Value, items: Vec<Value>) -> Value {
    if model.is_tuple() { Value::from(minijinja::value::Tuple::from(items)) } else { List::value(items) }
}

fn unsupported(sign: &str, a: &Value, b: &Value) -> Error {
    let side = [(a, "left"), (b, "right")].into_iter().find(|(value, _)| is_undefined(value));
    match side {
        Some((_, side)) => {
            Error::new(minijinja::ErrorKind::UndefinedError, format!("the {side} side of `{sign}` is not defined"))
        }
        None => invalid(format!("`{sign}` cannot be used on {} and {}", a.kind(), b.kind())),
    }
}

fn whole(result: Option<i128>) -> Result<Value, Error> {
    result.map(Value::from).ok_or_else(|| invalid("the number is too large"))
}

pub(super) fn add(a: Value, b: Value) -> Result<Value, Error> {
    match numbers(&a, &b) {
        Some(Numbers::Integers(a, b)) => return whole(a.checked_add(b)),
        Some(Numbers::Floats(a, b)) => return Ok(Value::from(a + b)),
        Some(Numbers::TooLarge) => return whole(None),
        None => {}
    }
    if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        return Ok(Value::from(format!("{a}{b}")));
    }
    if let (Some(mut items), Some(more)) = (sequence(&a), sequence(&b))
        && a.is_tuple() == b.is_tuple()
    {
        items.extend(more);
        return Ok(like(&a, items));
    }
    date_sum(&a, &b).unwrap_or_else(|| Err(unsupported("+", &a, &b)))
}

fn subtract(a: Value, b: Value) -> Result<Value, Error> {
    match numbers(&a, &b) {
        Some(Numbers::Integers(a, b)) => whole(a.checked_sub(b)),
        Some(Numbers::Floats(a, b)) => Ok(Value::from(a - b)),
        Some(Numbers::TooLarge) => whole(None),
        None => match set_difference(&a, &b) {
            Some(rest) => Ok(rest),
            None => date_difference(&a, &b).unwrap_or_else(|| Err(unsupported("-", &a, &b))),
        },
    }
}

fn negate(a: Value) -> Result<Value, Error> {
    match numbers(&Value::from(0), &a) {
        Some(Numbers::Integers(_, a)) => whole(a.checked_neg()),
        Some(Numbers::Floats(_, a)) => Ok(Value::from(-a)),
        Some(Numbers::TooLarge) => whole(None),
        None if is_undefined(&a) => {
            Err(Error::new(minijinja::ErrorKind::UndefinedError, "what `-` stands before is not defined"))
        }
        None => negated(&a).ok_or_else(|| invalid(format!("`-` cannot be used on {}", a.kind()))),
    }
}

fn multiply(a: Value, b: Value) -> Result<Value, Error> {
    match numbers(&a, &b) {
        Some(Numbers::Integers(a, b)) => return whole(a.checked_mul(b)),
        Some(Numbers::Floats(a, b)) => return Ok(Value::from(a * b)),
        Some(Numbers::TooLarge) => return whole(None),
        None => {}
    }
    let (repeated, count) = if integer(&a).is_some() { (&b, &a) } else { (&a, &b) };
    if let Some(count) = integer(count).map(|count| usize::try_from(count).unwrap_or(0)) {
        let room = |length: usize| {
            let fits = length.checked_mul(count).is_some_and(|length| length <= REPEATED_LENGTH_MAX);
            if fits { Ok(()) } else { Err(invalid("`*` makes something too long")) }
        };
        if let Some(text) = repeated.as_str() {
            room(text.len())?;
            return Ok(Value::from(text.repeat(count)));
        }
        if let Some(items) = sequence(repeated) {
            room(items.len())?;
            let all = std::iter::repeat_n(items, count).flatten().collect();
            return Ok(like(repeated, all));
        }
    }
    date_product(&a, &b).unwrap_or_else(|| Err(unsupported("*", &a, &b)))
}

fn divide(a: Value, b: Value) -> Result<Value, Error> {
    match numbers(&a, &b) {
        Some(Numbers::Integers(_, 0)) => Err(invalid("division by zero")),
        Some(Numbers::Floats(_, 0.0)) => Err(invalid("division by zero")),
        Some(Numbers::Integers(a, b)) => Ok(Value::from(a as f64 / b as f64)),
        Some(Numbers::Floats(a, b)) => Ok(Value::from(a / b)),
        Some(Numbers::TooLarge) => whole(None),
        None => super::dates::date_quotient(&a, &b).unwrap_or_else(|| Err(unsupported("/", &a, &b))),
    }
}

fn floor_divide(a: Value, b: Value) -> Result<Value, Error> {
    match numbers(&a, &b) {
        Some(Numbers::Integers(_, 0)) => Err(invalid("division by zero")),
        Some(Numbers::Floats(_, 0.0)) => Err(invalid("division by zero")),
        Some(Numbers::Integers(a, b)) => whole(floored(a, b)),
        Some(Numbers::Floats(a, b)) => Ok(Value::from((a / b).floor())),
        Some(Numbers::TooLarge) => whole(None),
        None => match super::dates::date_quotient(&a, &b) {
            Some(quotient) => Ok(Value::from(f64::try_from(quotient?)?.floor() as i64)),
            None => Err(unsupported("//", &a, &b)),
        },
    }
}

fn floored(a: i128, b: i128) -> Option<i128> {
    let quotient = a.checked_div(b)?;
    Some(if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

fn modulo(a: Value, b: Value) -> Result<Value, Error> {
    if let Some(format) = a.as_str() {
        return percent(format, &b).map(Value::from);
    }
    match numbers(&a, &b) {
        Some(Numbers::Integers(_, 0)) => Err(invalid("modulo by zero")),
        Some(Numbers::Floats(_, 0.0)) => Err(invalid("modulo by zero")),
        Some(Numbers::Integers(a, b)) => {
            whole(floored(a, b).and_then(|quotient| quotient.checked_mul(b)).and_then(|whole| a.checked_sub(whole)))
        }
        Some(Numbers::Floats(a, b)) => Ok(Value::from(a - b * (a / b).floor())),
        Some(Numbers::TooLarge) => whole(None),
        None => date_remainder(&a, &b).unwrap_or_else(|| Err(unsupported("%", &a, &b))),
    }
}

fn power(a: Value, b: Value) -> Result<Value, Error> {
    match numbers(&a, &b) {
        Some(Numbers::Integers(0, b)) if b < 0 => Err(invalid("0 cannot be raised to a negative power")),
        Some(Numbers::Integers(a, b)) => match u32::try_from(b) {
            Ok(exponent) => whole(a.checked_pow(exponent)),
            Err(_) => Ok(Value::from((a as f64).powf(b as f64))),
        },
        Some(Numbers::Floats(a, b)) => Ok(Value::from(a.powf(b))),
        Some(Numbers::TooLarge) => whole(None),
        None => Err(unsupported("**", &a, &b)),
    }
}
