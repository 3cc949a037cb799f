//! The closed list of derived columns, computed over whole columns.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Date32Type;
use arrow_array::{Array, ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::DataType;

use super::condition::wholes;
use super::dates;
use super::pipeline::OutputValue;
use super::types::Type;

/// Names of the derivations, as written in YAML.
pub const DERIVATIONS: [&str; 8] =
    ["days_between", "first_word", "yes_no", "hour_of_hhmm", "month_of", "year_of", "upper", "lower"];

impl OutputValue {
    /// The type that comes out; `Err` tells what the inputs must be.
    ///
    /// # Errors
    /// The derivation does not take columns of these types.
    pub fn output_type(self, of: impl Fn(usize) -> Type) -> Result<Type, &'static str> {
        let is_dated = |column| matches!(of(column), Type::Date | Type::Timestamp);
        match self {
            Self::Column(column) => Ok(of(column)),
            Self::DaysBetween(from, to) if of(from) == Type::Date && of(to) == Type::Date => Ok(Type::BigInt),
            Self::DaysBetween(_, _) => Err("two columns of type date"),
            Self::FirstWord(column) | Self::Upper(column) | Self::Lower(column) if of(column) == Type::Varchar => {
                Ok(Type::Varchar)
            }
            Self::FirstWord(_) | Self::Upper(_) | Self::Lower(_) => Err("a column of type varchar"),
            Self::YesNo(_) => Ok(Type::Varchar),
            Self::HourOfHhmm(column) if of(column) == Type::Hhmm => Ok(Type::BigInt),
            Self::HourOfHhmm(_) => Err("a column of type hhmm"),
            Self::MonthOf(column) if is_dated(column) => Ok(Type::Date),
            Self::YearOf(column) if is_dated(column) => Ok(Type::BigInt),
            Self::MonthOf(_) | Self::YearOf(_) => Err("a column of type date or timestamp"),
        }
    }
}

/// The column of the output, from the columns of the input.
pub fn value(value: OutputValue, batch: &RecordBatch) -> ArrayRef {
    match value {
        OutputValue::Column(column) => Arc::clone(batch.column(column)),
        OutputValue::DaysBetween(from, to) => {
            let from = batch.column(from).as_primitive::<Date32Type>();
            let to = batch.column(to).as_primitive::<Date32Type>();
            let days = from.iter().zip(to).map(|(from, to)| Some(i64::from(to?) - i64::from(from?)));
            Arc::new(days.collect::<Int64Array>())
        }
        OutputValue::FirstWord(column) => {
            let texts = batch.column(column).as_string::<i32>();
            Arc::new(texts.iter().map(|text| text.and_then(first_word)).collect::<StringArray>())
        }
        OutputValue::YesNo(column) => {
            let array = batch.column(column);
            let letters = (0..array.len()).map(|row| Some(if array.is_valid(row) { "Y" } else { "N" }));
            Arc::new(letters.collect::<StringArray>())
        }
        OutputValue::HourOfHhmm(column) => {
            let hours = wholes(batch.column(column)).into_iter().map(|time| time.map(|time| time / 100));
            Arc::new(hours.collect::<Int64Array>())
        }
        OutputValue::MonthOf(column) => {
            let months = days(batch.column(column)).into_iter().map(|days| {
                let (year, month, _) = dates::civil_from_days(days?);
                Some(dates::days_from_civil(year, month, 1))
            });
            Arc::new(months.collect::<Date32Array>())
        }
        OutputValue::YearOf(column) => {
            let years =
                days(batch.column(column)).into_iter().map(|days| Some(i64::from(dates::civil_from_days(days?).0)));
            Arc::new(years.collect::<Int64Array>())
        }
        OutputValue::Upper(column) => changed(batch.column(column), str::to_uppercase),
        OutputValue::Lower(column) => changed(batch.column(column), str::to_lowercase),
    }
}

fn first_word(text: &str) -> Option<&str> {
    text.split(|letter: char| letter.is_whitespace() || matches!(letter, ',' | '-')).find(|word| !word.is_empty())
}

fn changed(array: &ArrayRef, change: impl Fn(&str) -> String) -> ArrayRef {
    Arc::new(array.as_string::<i32>().iter().map(|text| text.map(&change)).collect::<StringArray>())
}

/// Days since 1970 of dates and timestamps.
fn days(array: &ArrayRef) -> Vec<Option<i32>> {
    const DAY_MICROS: i64 = 86_400_000_000;
    let is_timestamp = matches!(array.data_type(), DataType::Timestamp(_, _));
    let unit = if is_timestamp { DAY_MICROS } else { 1 };
    wholes(array).into_iter().map(|value| value.and_then(|value| i32::try_from(value.div_euclid(unit)).ok())).collect()
}

#[cfg(test)]
mod tests {
    use super::first_word;

    #[test]
    fn the_first_word_ends_at_a_blank_a_comma_or_a_hyphen() {
        assert_eq!(first_word("BATTERY - SIMPLE ASSAULT"), Some("BATTERY"));
        assert_eq!(first_word("BURGLARY, ATTEMPTED"), Some("BURGLARY"));
        assert_eq!(first_word("THEFT-GRAND ($950.01 & OVER)EXCPT"), Some("THEFT"));
        assert_eq!(first_word("LETTERS, LEWD  -  TELEPHONE CALLS, LEWD"), Some("LETTERS"));
        assert_eq!(first_word(" - "), None);
    }
}
