//! Evaluates conditions over whole columns: true, false, or unknown where a value is null, as SQL has it.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;

use super::pipeline::{Comparison, Condition, Operand};
use super::types::Value;

/// One answer per row.
pub type Truths = Vec<Option<bool>>;

impl Condition {
    pub fn evaluate(&self, batch: &RecordBatch) -> Truths {
        match self {
            Self::All(parts) => fold(parts, batch, true),
            Self::Any(parts) => fold(parts, batch, false),
            Self::Not(inner) => mapped(inner.evaluate(batch), |truth| truth.map(|truth| !truth)),
            Self::Surely(inner) => mapped(inner.evaluate(batch), |truth| Some(truth == Some(true))),
            Self::Present(column) => {
                let array = batch.column(*column);
                (0..array.len()).map(|row| Some(array.is_valid(row))).collect()
            }
            Self::Compare { column, by, with } => compare(batch.column(*column), *by, with, batch),
            Self::In { column, values } => is_in(batch.column(*column), values),
            Self::Matches { column, pattern } => texts(batch.column(*column), |text| {
                // A pattern that gives up (too much backtracking) has not matched.
                pattern.regex.is_match(text).unwrap_or(false)
            }),
            Self::StartsWith { column, prefix } => texts(batch.column(*column), |text| text.starts_with(&**prefix)),
            Self::LengthAtMost { column, length } => {
                texts(batch.column(*column), |text| text.len() <= *length || text.chars().count() <= *length)
            }
        }
    }
}

fn mapped(mut truths: Truths, change: impl Fn(Option<bool>) -> Option<bool>) -> Truths {
    for truth in &mut truths {
        *truth = change(*truth);
    }
    truths
}

/// SQL's `and` (neutral: true) and `or` (neutral: false): the opposite of the neutral value decides at once, else
/// one unknown makes it unknown.
fn fold(parts: &[Condition], batch: &RecordBatch, neutral: bool) -> Truths {
    let mut all = vec![Some(neutral); batch.num_rows()];
    for part in parts {
        for (one, next) in all.iter_mut().zip(part.evaluate(batch)) {
            *one = match (*one, next) {
                (Some(truth), _) | (_, Some(truth)) if truth != neutral => Some(!neutral),
                (None, _) | (_, None) => None,
                (Some(_), Some(_)) => Some(neutral),
            };
        }
    }
    all
}

fn compare(left: &ArrayRef, by: Comparison, with: &Operand, batch: &RecordBatch) -> Truths {
    match with {
        Operand::Value(Value::Whole(value)) => {
            wholes(left).into_iter().map(|left| left.map(|left| by.holds(&left, value))).collect()
        }
        Operand::Value(Value::Text(value)) => texts(left, |left| by.holds(left, value.as_str())),
        Operand::Value(Value::Double(value)) => {
            left.as_primitive::<Float64Type>().iter().map(|left| left.map(|left| by.holds(&left, value))).collect()
        }
        Operand::Value(Value::Decimal(value)) => {
            left.as_primitive::<Decimal128Type>().iter().map(|left| left.map(|left| by.holds(&left, value))).collect()
        }
        Operand::Value(Value::Boolean(value)) => {
            left.as_boolean().iter().map(|left| left.map(|left| by.holds(&left, value))).collect()
        }
        Operand::Column(right) => compare_columns(left, by, batch.column(*right)),
    }
}

fn compare_columns(left: &ArrayRef, by: Comparison, right: &ArrayRef) -> Truths {
    fn each<T: PartialOrd>(
        left: impl IntoIterator<Item = Option<T>>,
        by: Comparison,
        right: impl IntoIterator<Item = Option<T>>,
    ) -> Truths {
        let pairs = left.into_iter().zip(right);
        pairs.map(|(left, right)| Some(by.holds(&left?, &right?))).collect()
    }
    match left.data_type() {
        DataType::Utf8 => each(left.as_string::<i32>(), by, right.as_string::<i32>()),
        DataType::Float64 => each(left.as_primitive::<Float64Type>(), by, right.as_primitive::<Float64Type>()),
        DataType::Decimal128(_, _) => {
            each(left.as_primitive::<Decimal128Type>(), by, right.as_primitive::<Decimal128Type>())
        }
        DataType::Boolean => each(left.as_boolean(), by, right.as_boolean()),
        _ => each(wholes(left), by, wholes(right)),
    }
}

fn is_in(array: &ArrayRef, values: &[Value]) -> Truths {
    let whole_values: Vec<i64> = values
        .iter()
        .filter_map(|value| match value {
            Value::Whole(value) => Some(*value),
            Value::Text(_) | Value::Double(_) | Value::Decimal(_) | Value::Boolean(_) => None,
        })
        .collect();
    match array.data_type() {
        DataType::Utf8 => {
            texts(array, |text| values.iter().any(|value| matches!(value, Value::Text(allowed) if allowed == text)))
        }
        DataType::Float64 => array
            .as_primitive::<Float64Type>()
            .iter()
            .map(|left| left.map(|left| values.contains(&Value::Double(left))))
            .collect(),
        DataType::Decimal128(_, _) => array
            .as_primitive::<Decimal128Type>()
            .iter()
            .map(|left| left.map(|left| values.contains(&Value::Decimal(left))))
            .collect(),
        DataType::Boolean => {
            array.as_boolean().iter().map(|left| left.map(|left| values.contains(&Value::Boolean(left)))).collect()
        }
        _ => wholes(array).into_iter().map(|left| left.map(|left| whole_values.contains(&left))).collect(),
    }
}

fn texts(array: &ArrayRef, holds: impl Fn(&str) -> bool) -> Truths {
    array.as_string::<i32>().iter().map(|text| text.map(&holds)).collect()
}

/// Integers, dates and timestamps as 64-bit numbers.
pub fn wholes(array: &ArrayRef) -> Vec<Option<i64>> {
    match array.data_type() {
        DataType::Int32 => array.as_primitive::<Int32Type>().iter().map(|value| value.map(i64::from)).collect(),
        DataType::Date32 => array.as_primitive::<Date32Type>().iter().map(|value| value.map(i64::from)).collect(),
        DataType::Int64 => array.as_primitive::<Int64Type>().iter().collect(),
        DataType::Timestamp(_, _) => array.as_primitive::<TimestampMicrosecondType>().iter().collect(),
        // Conditions are checked against the columns' types when they are read.
        other => unreachable!("a {other} column is not compared with whole numbers"),
    }
}

impl Comparison {
    fn holds<T: PartialOrd + ?Sized>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::Greater => left > right,
            Self::AtLeast => left >= right,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Date32Array, Int32Array, StringArray};
    use arrow_schema::{Field, Schema};

    use super::*;

    fn batch() -> RecordBatch {
        let fields = vec![
            Field::new("age", DataType::Int32, true),
            Field::new("sex", DataType::Utf8, true),
            Field::new("reported", DataType::Date32, true),
            Field::new("occurred", DataType::Date32, true),
        ];
        RecordBatch::try_new(
            Arc::new(Schema::new(fields)),
            vec![
                Arc::new(Int32Array::from(vec![Some(-1), Some(0), Some(30), None])),
                Arc::new(StringArray::from(vec![Some("M"), Some("-"), None, Some("F")])),
                Arc::new(Date32Array::from(vec![Some(5), Some(5), Some(5), None])),
                Arc::new(Date32Array::from(vec![Some(4), Some(5), Some(6), Some(6)])),
            ],
        )
        .expect("columns of equal length")
    }

    fn shown(condition: &Condition) -> String {
        let letter = |truth: Option<bool>| match truth {
            Some(true) => 't',
            Some(false) => 'f',
            None => '?',
        };
        condition.evaluate(&batch()).into_iter().map(letter).collect()
    }

    fn age_above(value: i64) -> Condition {
        Condition::Compare { column: 0, by: Comparison::Greater, with: Operand::Value(Value::Whole(value)) }
    }

    #[test]
    fn a_null_makes_the_answer_unknown() {
        assert_eq!(shown(&age_above(0)), "fft?");
        assert_eq!(shown(&Condition::Not(Box::new(age_above(0)))), "ttf?");
        assert_eq!(shown(&Condition::Surely(Box::new(age_above(0)))), "fftf");
        assert_eq!(shown(&Condition::Present(1)), "ttft");
        let allowed = vec![Value::Text("M".into()), Value::Text("F".into())];
        assert_eq!(shown(&Condition::In { column: 1, values: allowed }), "tf?t");
        let before = Condition::Compare { column: 2, by: Comparison::Less, with: Operand::Column(3) };
        assert_eq!(shown(&before), "fft?");
    }

    #[test]
    fn and_and_or_follow_sql() {
        let sex_is_known = Condition::In { column: 1, values: vec![Value::Text("M".into()), Value::Text("F".into())] };
        assert_eq!(shown(&Condition::All(vec![age_above(0), sex_is_known.clone()])), "ff??");
        assert_eq!(shown(&Condition::Any(vec![age_above(0), sex_is_known])), "tftt");
        assert_eq!(shown(&Condition::All(vec![])), "tttt");
        assert_eq!(shown(&Condition::Any(vec![])), "ffff");
    }
}
