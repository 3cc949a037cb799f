//! The types a column can have: their names, their texts, their arrow and warehouse spellings.
//!
//! A type is always declared. Nothing here looks at data to guess one.

use std::fmt;

use arrow_schema::{DataType, TimeUnit};

use super::dates::{self, DateFormat};
use crate::relation::AdapterKind;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Varchar,
    /// 32 bits.
    Integer,
    /// 64 bits.
    BigInt,
    Double,
    Decimal {
        precision: u8,
        scale: i8,
    },
    Date,
    /// Microseconds, without a zone.
    Timestamp,
    Boolean,
    /// A time of day as one number: `2130`, `0045` or `45`. Kept as an integer from 0 to 2359.
    Hhmm,
}

/// Names a type may be written with, in the order they are listed to people.
pub const TYPE_NAMES: [&str; 9] =
    ["varchar", "integer", "bigint", "double", "decimal(p,s)", "date", "timestamp", "boolean", "hhmm"];

/// Most digits a 128-bit decimal holds.
const DECIMAL_PRECISION_MAX: u8 = 38;

impl Type {
    /// `varchar`, `decimal(10, 2)`, and the names other warehouses use for the same.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if let Some((name, arguments)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) {
            if !matches!(name.trim(), "decimal" | "numeric") {
                return None;
            }
            let (precision, scale) = arguments.split_once(',').unwrap_or((arguments, "0"));
            let (precision, scale) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
            let is_possible =
                (1..=DECIMAL_PRECISION_MAX).contains(&precision) && (0..=precision as i8).contains(&scale);
            return is_possible.then_some(Self::Decimal { precision, scale });
        }
        Some(match text.as_str() {
            "varchar" | "string" | "text" => Self::Varchar,
            "integer" | "int" | "int32" => Self::Integer,
            "bigint" | "int64" => Self::BigInt,
            "double" | "float" | "float64" => Self::Double,
            "date" => Self::Date,
            "timestamp" | "datetime" => Self::Timestamp,
            "boolean" | "bool" => Self::Boolean,
            "hhmm" => Self::Hhmm,
            _ => return None,
        })
    }

    /// How its values lie in memory and in Parquet.
    pub fn arrow(self) -> DataType {
        match self {
            Self::Varchar => DataType::Utf8,
            Self::Integer | Self::Hhmm => DataType::Int32,
            Self::BigInt => DataType::Int64,
            Self::Double => DataType::Float64,
            Self::Decimal { precision, scale } => DataType::Decimal128(precision, scale),
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Boolean => DataType::Boolean,
        }
    }

    /// The warehouse's own name of the type.
    pub fn in_warehouse(self, kind: AdapterKind) -> String {
        let name = match (self, kind) {
            (Self::Decimal { precision, scale }, AdapterKind::DuckDb) => {
                return format!("DECIMAL({precision},{scale})");
            }
            // NUMERIC holds 29 digits before the point and 9 after it.
            (Self::Decimal { precision, scale }, AdapterKind::BigQuery) => {
                let is_numeric = scale <= 9 && i16::from(precision) - i16::from(scale) <= 29;
                let name = if is_numeric { "NUMERIC" } else { "BIGNUMERIC" };
                return format!("{name}({precision},{scale})");
            }
            (Self::Varchar, AdapterKind::DuckDb) => "VARCHAR",
            (Self::Varchar, AdapterKind::BigQuery) => "STRING",
            (Self::Integer | Self::Hhmm, AdapterKind::DuckDb) => "INTEGER",
            (Self::BigInt, AdapterKind::DuckDb) => "BIGINT",
            (Self::Integer | Self::Hhmm | Self::BigInt, AdapterKind::BigQuery) => "INT64",
            (Self::Double, AdapterKind::DuckDb) => "DOUBLE",
            (Self::Double, AdapterKind::BigQuery) => "FLOAT64",
            (Self::Date, _) => "DATE",
            (Self::Timestamp, AdapterKind::DuckDb) => "TIMESTAMP",
            (Self::Timestamp, AdapterKind::BigQuery) => "DATETIME",
            (Self::Boolean, AdapterKind::DuckDb) => "BOOLEAN",
            (Self::Boolean, AdapterKind::BigQuery) => "BOOL",
        };
        name.to_string()
    }

    /// Whether two columns of these types can be compared with `<` and `=`.
    pub fn is_comparable_with(self, other: Self) -> bool {
        let is_whole = |kind: Self| matches!(kind, Self::Integer | Self::BigInt | Self::Hhmm);
        self == other || is_whole(self) && is_whole(other)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Varchar => "varchar",
            Self::Integer => "integer",
            Self::BigInt => "bigint",
            Self::Double => "double",
            Self::Decimal { precision, scale } => return write!(f, "decimal({precision},{scale})"),
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Boolean => "boolean",
            Self::Hhmm => "hhmm",
        })
    }
}

/// One value of a declared type: a literal of a condition, a bound of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    /// Integers, dates (days since 1970), timestamps (microseconds since 1970), hhmm.
    Whole(i64),
    Double(f64),
    /// Unscaled: `1.50` of scale 2 is 150.
    Decimal(i128),
    Boolean(bool),
}

/// What is wrong with a text that should be a value. The names are stable: they are read by people and queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Blank, and the column is required.
    Missing,
    /// Cannot be read as the declared type.
    Type,
    /// A date not in the declared format.
    Format,
    /// A date in the declared format that no calendar has: 30 February.
    NoSuchDate,
    /// A date column's text that carries a time other than midnight.
    NotMidnight,
    /// Outside `min`..`max`, or of what the type holds.
    Range,
    /// Not among the `allowed` values.
    Allowed,
    /// Does not match the `pattern`.
    Pattern,
    /// Longer than `max_length`.
    Length,
}

impl Reason {
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Type => "type",
            Self::Format => "format",
            Self::NoSuchDate => "no_such_date",
            Self::NotMidnight => "not_midnight",
            Self::Range => "range",
            Self::Allowed => "allowed",
            Self::Pattern => "pattern",
            Self::Length => "length",
        }
    }
}

/// Reads a text as a value of `kind`. The text is not blank; numbers and dates may have blanks around them.
///
/// # Errors
/// The reason for the quarantine.
pub fn read_value(kind: Type, formats: &[DateFormat], text: &str) -> Result<Value, Reason> {
    match kind {
        Type::Varchar => Ok(Value::Text(text.to_string())),
        Type::Integer => read_integer(text).map(|value| Value::Whole(value.into())),
        Type::BigInt => read_whole(text).map(Value::Whole),
        Type::Double => read_double(text).map(Value::Double),
        Type::Decimal { precision, scale } => read_decimal(text, precision, scale).map(Value::Decimal),
        Type::Date => dates::read_date(text, formats).map(|days| Value::Whole(days.into())),
        Type::Timestamp => dates::read_timestamp(text, formats).map(Value::Whole),
        Type::Boolean => read_boolean(text).map(Value::Boolean),
        Type::Hhmm => read_hhmm(text).map(|value| Value::Whole(value.into())),
    }
}

pub fn read_integer(text: &str) -> Result<i32, Reason> {
    i32::try_from(read_whole(text)?).map_err(|_| Reason::Range)
}

/// An optional sign and digits: no thousands separators, no point.
pub fn read_whole(text: &str) -> Result<i64, Reason> {
    let bytes = text.trim().as_bytes();
    let (is_negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, bytes),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Reason::Type);
    }
    // Counted below zero, where one more number fits.
    digits
        .iter()
        .try_fold(0_i64, |value, digit| value.checked_mul(10)?.checked_sub(i64::from(digit - b'0')))
        .and_then(|value| if is_negative { Some(value) } else { value.checked_neg() })
        .ok_or(Reason::Range)
}

/// Digits with an optional point and exponent; `inf` and `nan` are words, not numbers.
pub fn read_double(text: &str) -> Result<f64, Reason> {
    let text = text.trim();
    let has_only_number_bytes = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    if !has_only_number_bytes {
        return Err(Reason::Type);
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(Reason::Range),
        Err(_) => Err(Reason::Type),
    }
}

/// Exact: more digits after the point than the type keeps are out of range, unless they are zeros.
pub fn read_decimal(text: &str, precision: u8, scale: i8) -> Result<i128, Reason> {
    let text = text.trim();
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || whole.is_empty() && fraction.is_empty() {
        return Err(Reason::Type);
    }
    let scale = scale as usize;
    let kept = &fraction[..fraction.len().min(scale)];
    if fraction[kept.len()..].bytes().any(|byte| byte != b'0') {
        return Err(Reason::Range);
    }
    let zeros = std::iter::repeat_n(b'0', scale - kept.len());
    let value = whole
        .bytes()
        .chain(kept.bytes())
        .chain(zeros)
        .try_fold(0_i128, |value, digit| value.checked_mul(10)?.checked_add(i128::from(digit - b'0')))
        .filter(|value| *value < 10_i128.pow(u32::from(precision)))
        .ok_or(Reason::Range)?;
    Ok(if is_negative { -value } else { value })
}

pub fn read_boolean(text: &str) -> Result<bool, Reason> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" => Ok(true),
        "false" | "f" | "no" | "n" | "0" => Ok(false),
        _ => Err(Reason::Type),
    }
}

/// One to four digits: `2130`, `0045`, `45`; hours to 23, minutes to 59.
pub fn read_hhmm(text: &str) -> Result<i32, Reason> {
    let text = text.trim();
    if text.len() > 4 || text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Reason::Type);
    }
    let value = text.bytes().fold(0, |value, digit| value * 10 + i32::from(digit - b'0'));
    if value / 100 > 23 || value % 100 > 59 {
        return Err(Reason::Range);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_names_are_read_with_their_aliases_and_nothing_else() {
        assert_eq!(Type::parse("STRING"), Some(Type::Varchar));
        assert_eq!(Type::parse("decimal(10, 2)"), Some(Type::Decimal { precision: 10, scale: 2 }));
        assert_eq!(Type::parse("numeric(5)"), Some(Type::Decimal { precision: 5, scale: 0 }));
        assert_eq!(Type::parse("decimal(39,2)"), None);
        assert_eq!(Type::parse("decimal(4,5)"), None);
        assert_eq!(Type::parse("varchar(3)"), None);
        assert_eq!(Type::parse("int7"), None);
    }

    #[test]
    fn whole_numbers_are_digits_with_a_sign_and_must_fit() {
        assert_eq!(read_whole(" -4 "), Ok(-4));
        assert_eq!(read_whole("-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(read_whole("9223372036854775808"), Err(Reason::Range));
        assert_eq!(read_integer("2147483648"), Err(Reason::Range));
        for wrong in ["UNK", "", "-", "1,000", "7.0", "1e3", "٣"] {
            assert_eq!(read_whole(wrong), Err(Reason::Type), "{wrong}");
        }
    }

    #[test]
    fn doubles_are_finite_numbers() {
        assert_eq!(read_double("-118.2978"), Ok(-118.2978));
        assert_eq!(read_double("1e400"), Err(Reason::Range));
        for wrong in ["nan", "inf", "1,5", "", "--1"] {
            assert_eq!(read_double(wrong), Err(Reason::Type), "{wrong}");
        }
    }

    #[test]
    fn decimals_keep_every_digit_or_refuse() {
        assert_eq!(read_decimal("12.5", 5, 2), Ok(1250));
        assert_eq!(read_decimal("-.5", 5, 2), Ok(-50));
        assert_eq!(read_decimal("12.500", 5, 2), Ok(1250));
        assert_eq!(read_decimal("12.505", 5, 2), Err(Reason::Range));
        assert_eq!(read_decimal("1000", 5, 2), Err(Reason::Range));
        assert_eq!(read_decimal(".", 5, 2), Err(Reason::Type));
    }

    #[test]
    fn a_time_of_day_past_2359_is_out_of_range() {
        assert_eq!(read_hhmm("2130"), Ok(2130));
        assert_eq!(read_hhmm("45"), Ok(45));
        assert_eq!(read_hhmm("0001"), Ok(1));
        assert_eq!(read_hhmm("2460"), Err(Reason::Range));
        assert_eq!(read_hhmm("1275"), Err(Reason::Range));
        assert_eq!(read_hhmm("noon"), Err(Reason::Type));
    }
}
