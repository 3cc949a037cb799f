//! Result columns of DuckDB as cells: every type, exactly.

use std::str::FromStr;

use ::duckdb::core::{LogicalTypeHandle, LogicalTypeId};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_cast::display::array_value_to_string;
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::adapter::Cell;

/// Reads one column; made once per result.
pub(super) struct Decoder {
    /// As DuckDB writes it: `DECIMAL(5,2)`, `STRUCT(a INTEGER)`.
    pub type_name: String,
    shape: Shape,
}

enum Shape {
    Bool,
    Int,
    HugeInt,
    UHugeInt,
    Float,
    Decimal {
        scale: usize,
    },
    Blob,
    Bit,
    BigNum,
    Uuid,
    Date,
    Time,
    TimeTz,
    Timestamp {
        zone: Option<Tz>,
    },
    Interval,
    Enum,
    List(Box<Decoder>),
    Struct(Vec<(String, Decoder)>),
    Map(Box<Decoder>, Box<Decoder>),
    Union(Vec<Decoder>),
    /// As Arrow shows it: text, and whatever a later DuckDB brings.
    Text,
}

impl Decoder {
    pub fn new(logical: &LogicalTypeHandle, arrow: &DataType) -> Self {
        let (name, shape) = shape_of(logical, arrow);
        // `JSON` and named enums are aliases.
        let type_name = logical.get_alias().filter(|alias| !alias.is_empty()).unwrap_or(name);
        Self { type_name, shape }
    }

    pub fn cell(&self, column: &ArrayRef, row: usize) -> Cell {
        if column.is_null(row) {
            return Cell::Null;
        }
        self.value(column, row).unwrap_or_else(|| shown(column, row))
    }

    /// `None` when the array is not of the kind that the type promises.
    fn value(&self, column: &ArrayRef, row: usize) -> Option<Cell> {
        Some(match &self.shape {
            Shape::Bool => Cell::Bool(match column.data_type() {
                DataType::Boolean => column.as_boolean_opt()?.value(row),
                _ => column.as_primitive_opt::<Int8Type>()?.value(row) != 0,
            }),
            Shape::Int => integer(column, row)?,
            Shape::HugeInt => whole(i128::from_le_bytes(fixed(column, row)?)),
            Shape::UHugeInt => {
                let value = u128::from_le_bytes(fixed(column, row)?);
                i64::try_from(value).map_or_else(|_| Cell::Decimal(value.to_string()), Cell::Int)
            }
            Shape::Float => Cell::Float(match column.data_type() {
                // By way of text: 0.1 as a 32-bit number is to stay 0.1.
                DataType::Float32 => column.as_primitive_opt::<Float32Type>()?.value(row).to_string().parse().ok()?,
                _ => column.as_primitive_opt::<Float64Type>()?.value(row),
            }),
            Shape::Decimal { scale } => {
                Cell::Decimal(decimal(column.as_primitive_opt::<Decimal128Type>()?.value(row), *scale))
            }
            Shape::Blob => Cell::Bytes(bytes(column, row)?.to_vec()),
            Shape::Bit => Cell::Text(bits(bytes(column, row)?)),
            Shape::BigNum => Cell::Decimal(big_number(bytes(column, row)?)),
            Shape::Uuid => Cell::Text(uuid::Uuid::from_bytes(fixed(column, row)?).to_string()),
            Shape::Date => Cell::Date(date(column.as_primitive_opt::<Date32Type>()?.value(row))),
            Shape::Time => Cell::Time(match column.data_type() {
                DataType::Time64(TimeUnit::Nanosecond) => {
                    time(column.as_primitive_opt::<Time64NanosecondType>()?.value(row), 9)
                }
                _ => time(column.as_primitive_opt::<Time64MicrosecondType>()?.value(row), 6),
            }),
            Shape::TimeTz => Cell::Time(zoned_time(u64::from_le_bytes(fixed(column, row)?))),
            Shape::Timestamp { zone } => Cell::Timestamp(timestamp(column, row, *zone)?),
            Shape::Interval => {
                let value = column.as_primitive_opt::<IntervalMonthDayNanoType>()?.value(row);
                Cell::Text(interval(value.months, value.days, value.nanoseconds))
            }
            Shape::Enum => {
                let dictionary = column.as_any_dictionary_opt()?;
                let key = *dictionary.normalized_keys().get(row)?;
                shown(dictionary.values(), key)
            }
            Shape::List(item) => {
                let items = match column.data_type() {
                    DataType::FixedSizeList(..) => column.as_fixed_size_list_opt()?.value(row),
                    DataType::LargeList(_) => column.as_list_opt::<i64>()?.value(row),
                    _ => column.as_list_opt::<i32>()?.value(row),
                };
                Cell::List((0..items.len()).map(|index| item.cell(&items, index)).collect())
            }
            Shape::Struct(fields) => {
                let columns = column.as_struct_opt()?.columns();
                let cells =
                    fields.iter().zip(columns).map(|((name, field), column)| (name.clone(), field.cell(column, row)));
                Cell::Struct(cells.collect())
            }
            Shape::Map(key, value) => {
                let entries = column.as_map_opt()?.value(row);
                let (keys, values) = (entries.column(0), entries.column(1));
                let entry = |index| (key.cell(keys, index).text(), value.cell(values, index));
                Cell::Struct((0..entries.len()).map(entry).collect())
            }
            Shape::Union(members) => {
                let union = column.as_union_opt()?;
                let tag = union.type_id(row);
                members.get(usize::try_from(tag).ok()?)?.cell(union.child(tag), union.value_offset(row))
            }
            Shape::Text => shown(column, row),
        })
    }
}

fn shape_of(logical: &LogicalTypeHandle, arrow: &DataType) -> (String, Shape) {
    let plain = |name: &str, shape: Shape| (name.to_string(), shape);
    match logical.id() {
        LogicalTypeId::Boolean => plain("BOOLEAN", Shape::Bool),
        LogicalTypeId::Tinyint => plain("TINYINT", Shape::Int),
        LogicalTypeId::Smallint => plain("SMALLINT", Shape::Int),
        LogicalTypeId::Integer => plain("INTEGER", Shape::Int),
        LogicalTypeId::Bigint => plain("BIGINT", Shape::Int),
        LogicalTypeId::UTinyint => plain("UTINYINT", Shape::Int),
        LogicalTypeId::USmallint => plain("USMALLINT", Shape::Int),
        LogicalTypeId::UInteger => plain("UINTEGER", Shape::Int),
        LogicalTypeId::UBigint => plain("UBIGINT", Shape::Int),
        LogicalTypeId::Hugeint => plain("HUGEINT", Shape::HugeInt),
        LogicalTypeId::UHugeint => plain("UHUGEINT", Shape::UHugeInt),
        LogicalTypeId::Float => plain("FLOAT", Shape::Float),
        LogicalTypeId::Double => plain("DOUBLE", Shape::Float),
        LogicalTypeId::Decimal => {
            let (width, scale) = (logical.decimal_width(), logical.decimal_scale());
            (format!("DECIMAL({width},{scale})"), Shape::Decimal { scale: usize::from(scale) })
        }
        LogicalTypeId::Bignum => plain("BIGNUM", Shape::BigNum),
        LogicalTypeId::Varchar | LogicalTypeId::StringLiteral => plain("VARCHAR", Shape::Text),
        LogicalTypeId::Blob => plain("BLOB", Shape::Blob),
        LogicalTypeId::Geometry => plain("GEOMETRY", Shape::Blob),
        LogicalTypeId::Bit => plain("BIT", Shape::Bit),
        LogicalTypeId::Uuid => plain("UUID", Shape::Uuid),
        LogicalTypeId::Date => plain("DATE", Shape::Date),
        LogicalTypeId::Time => plain("TIME", Shape::Time),
        LogicalTypeId::TimeNs => plain("TIME_NS", Shape::Time),
        LogicalTypeId::TimeTZ => plain("TIME WITH TIME ZONE", Shape::TimeTz),
        LogicalTypeId::Timestamp => plain("TIMESTAMP", Shape::Timestamp { zone: None }),
        LogicalTypeId::TimestampS => plain("TIMESTAMP_S", Shape::Timestamp { zone: None }),
        LogicalTypeId::TimestampMs => plain("TIMESTAMP_MS", Shape::Timestamp { zone: None }),
        LogicalTypeId::TimestampNs => plain("TIMESTAMP_NS", Shape::Timestamp { zone: None }),
        LogicalTypeId::TimestampTZ => {
            let zone = match arrow {
                DataType::Timestamp(_, Some(zone)) => Tz::from_str(zone).unwrap_or(Tz::UTC),
                _ => Tz::UTC,
            };
            plain("TIMESTAMP WITH TIME ZONE", Shape::Timestamp { zone: Some(zone) })
        }
        LogicalTypeId::Interval => plain("INTERVAL", Shape::Interval),
        LogicalTypeId::Enum => plain("ENUM", Shape::Enum),
        LogicalTypeId::List => {
            let item = Decoder::new(&logical.child(0), child_type(arrow, 0));
            (format!("{}[]", item.type_name), Shape::List(Box::new(item)))
        }
        LogicalTypeId::Array => {
            let item = Decoder::new(&logical.child(0), child_type(arrow, 0));
            let length = match arrow {
                DataType::FixedSizeList(_, length) => *length,
                _ => 0,
            };
            (format!("{}[{length}]", item.type_name), Shape::List(Box::new(item)))
        }
        LogicalTypeId::Struct => {
            let fields = children(logical, arrow);
            (format!("STRUCT({})", members(&fields)), Shape::Struct(fields))
        }
        LogicalTypeId::Union => {
            let fields = children(logical, arrow);
            let name = format!("UNION({})", members(&fields));
            (name, Shape::Union(fields.into_iter().map(|(_, member)| member).collect()))
        }
        LogicalTypeId::Map => {
            let (key, value) = match arrow {
                DataType::Map(entries, _) => (child_type(entries.data_type(), 0), child_type(entries.data_type(), 1)),
                other => (other, other),
            };
            let (key, value) = (Decoder::new(&logical.child(0), key), Decoder::new(&logical.child(1), value));
            let name = format!("MAP({}, {})", key.type_name, value.type_name);
            (name, Shape::Map(Box::new(key), Box::new(value)))
        }
        LogicalTypeId::SqlNull => plain("\"NULL\"", Shape::Text),
        LogicalTypeId::Variant => plain("VARIANT", Shape::Text),
        // The list is open: types of a later DuckDB, and those that no result has.
        _ => (arrow.to_string(), Shape::Text),
    }
}

fn children(logical: &LogicalTypeHandle, arrow: &DataType) -> Vec<(String, Decoder)> {
    (0..logical.num_children())
        .map(|index| (logical.child_name(index), Decoder::new(&logical.child(index), child_type(arrow, index))))
        .collect()
}

fn members(fields: &[(String, Decoder)]) -> String {
    let is_plain = |name: &str| {
        name.starts_with(|letter: char| letter.is_ascii_lowercase() || letter == '_')
            && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
    };
    let field = |(name, decoder): &(String, Decoder)| {
        let name = if is_plain(name) { name.clone() } else { crate::relation::quoted(name, '"') };
        format!("{name} {}", decoder.type_name)
    };
    fields.iter().map(field).collect::<Vec<_>>().join(", ")
}

/// The Arrow type inside a nested one; the type itself where there is none.
fn child_type(arrow: &DataType, index: usize) -> &DataType {
    match arrow {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => item.data_type(),
        DataType::Struct(fields) => fields.get(index).map_or(arrow, |field| field.data_type()),
        DataType::Union(fields, _) => fields.iter().nth(index).map_or(arrow, |(_, field)| field.data_type()),
        other => other,
    }
}

fn shown(column: &dyn Array, row: usize) -> Cell {
    array_value_to_string(column, row).map_or(Cell::Null, Cell::Text)
}

fn integer(column: &ArrayRef, row: usize) -> Option<Cell> {
    Some(match column.data_type() {
        DataType::Int8 => Cell::Int(column.as_primitive::<Int8Type>().value(row).into()),
        DataType::Int16 => Cell::Int(column.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => Cell::Int(column.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => Cell::Int(column.as_primitive::<Int64Type>().value(row)),
        DataType::UInt8 => Cell::Int(column.as_primitive::<UInt8Type>().value(row).into()),
        DataType::UInt16 => Cell::Int(column.as_primitive::<UInt16Type>().value(row).into()),
        DataType::UInt32 => Cell::Int(column.as_primitive::<UInt32Type>().value(row).into()),
        DataType::UInt64 => whole(column.as_primitive::<UInt64Type>().value(row).into()),
        _ => return None,
    })
}

fn whole(value: i128) -> Cell {
    i64::try_from(value).map_or_else(|_| Cell::Decimal(value.to_string()), Cell::Int)
}

fn fixed<const N: usize>(column: &ArrayRef, row: usize) -> Option<[u8; N]> {
    column.as_fixed_size_binary_opt()?.value(row).try_into().ok()
}

fn bytes(column: &ArrayRef, row: usize) -> Option<&[u8]> {
    match column.data_type() {
        DataType::LargeBinary => column.as_binary_opt::<i64>().map(|column| column.value(row)),
        _ => column.as_binary_opt::<i32>().map(|column| column.value(row)),
    }
}

fn decimal(value: i128, scale: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// The first byte counts the padding bits in front.
fn bits(bytes: &[u8]) -> String {
    let Some((&padding, bytes)) = bytes.split_first() else { return String::new() };
    let all: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    all.get(usize::from(padding)..).unwrap_or_default().to_string()
}

/// Three bytes of header, whose first bit says "not negative", then the magnitude, highest byte first; a negative
/// number has every bit turned.
fn big_number(bytes: &[u8]) -> String {
    let Some((header, magnitude)) = bytes.split_at_checked(3) else { return "0".to_string() };
    let is_negative = header[0] & 0x80 == 0;
    // Digits in base 10⁹, lowest first.
    let mut digits: Vec<u64> = vec![0];
    for byte in magnitude {
        let mut carry = u64::from(if is_negative { !byte } else { *byte });
        for digit in &mut digits {
            let value = *digit * 256 + carry;
            *digit = value % 1_000_000_000;
            carry = value / 1_000_000_000;
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    let mut digits = digits.iter().rev();
    let first = digits.next().copied().unwrap_or_default();
    let rest: String = digits.map(|digit| format!("{digit:09}")).collect();
    format!("{}{first}{rest}", if is_negative { "-" } else { "" })
}

fn date(days: i32) -> String {
    match days {
        i32::MAX => return "infinity".to_string(),
        -2_147_483_647 => return "-infinity".to_string(),
        _ => {}
    }
    let step = Days::new(u64::from(days.unsigned_abs()));
    let date = if days < 0 {
        NaiveDate::default().checked_sub_days(step)
    } else {
        NaiveDate::default().checked_add_days(step)
    };
    date.map_or_else(|| format!("{days} days from 1970-01-01"), |date| date.to_string())
}

/// `units` of 10⁻ᵖʳᵉᶜⁱˢⁱᵒⁿ seconds as `HH:MM:SS[.f]`, without trailing zeros.
fn time(units: i64, precision: u32) -> String {
    let per_second = 10_i64.pow(precision);
    let (seconds, rest) = (units.div_euclid(per_second), units.rem_euclid(per_second));
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = format!("{rest:0width$}", width = precision as usize);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{hours:02}:{minutes:02}:{seconds:02}{point}{fraction}")
}

/// Microseconds above 24 bits that hold the offset, counted down from 15:59:59.
/// Source: DuckDB, `src/include/duckdb/common/types/datetime.hpp`, `dtime_tz_t`.
fn zoned_time(bits: u64) -> String {
    const OFFSET_SECONDS_MAX: i64 = 16 * 3600 - 1;
    let offset = OFFSET_SECONDS_MAX - (bits & 0xFF_FFFF) as i64;
    format!("{}{}", time((bits >> 24) as i64, 6), offset_text(offset))
}

fn offset_text(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    if minutes == 0 { format!("{sign}{hours:02}") } else { format!("{sign}{hours:02}:{minutes:02}") }
}

fn timestamp(column: &ArrayRef, row: usize, zone: Option<Tz>) -> Option<String> {
    let (units, precision) = match column.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => (column.as_primitive_opt::<TimestampSecondType>()?.value(row), 0),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            (column.as_primitive_opt::<TimestampMillisecondType>()?.value(row), 3)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            (column.as_primitive_opt::<TimestampMicrosecondType>()?.value(row), 6)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            (column.as_primitive_opt::<TimestampNanosecondType>()?.value(row), 9)
        }
        _ => return None,
    };
    if units == i64::MAX || units == -i64::MAX {
        return Some(if units > 0 { "infinity" } else { "-infinity" }.to_string());
    }
    let per_second = 10_i64.pow(precision);
    let (seconds, rest) = (units.div_euclid(per_second), units.rem_euclid(per_second));
    let utc: NaiveDateTime = DateTime::from_timestamp(seconds, 0)?.naive_utc();
    let (local, offset) = match zone {
        None => (utc, String::new()),
        Some(zone) => {
            let offset = zone.offset_from_utc_datetime(&utc).fix();
            (utc.checked_add_offset(offset)?, offset_text(offset.local_minus_utc().into()))
        }
    };
    let in_day = local.and_utc().timestamp().rem_euclid(86_400);
    Some(format!("{} {}{offset}", local.date(), time(in_day * per_second + rest, precision)))
}

/// As DuckDB prints intervals: `1 year 2 months 3 days 04:05:06`.
fn interval(months: i32, days: i32, nanoseconds: i64) -> String {
    let named = |count: i32, name: &str| match count {
        0 => None,
        1 | -1 => Some(format!("{count} {name}")),
        _ => Some(format!("{count} {name}s")),
    };
    let mut parts: Vec<String> =
        [named(months / 12, "year"), named(months % 12, "month"), named(days, "day")].into_iter().flatten().collect();
    if nanoseconds != 0 || parts.is_empty() {
        let sign = if nanoseconds < 0 { "-" } else { "" };
        parts.push(format!("{sign}{}", time(nanoseconds.saturating_abs() / 1000, 6)));
    }
    parts.join(" ")
}
