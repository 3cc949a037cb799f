//! Rows of `getQueryResults` as cells: every type, nested and repeated ones too.

use base64::Engine as _;
use chrono::{DateTime, Utc};

use super::schema::{data_type, element_type, name};
use crate::adapter::{Cell, Table};
use crate::manifest::Json;

/// An empty table with the columns of a schema.
pub fn table(fields: &Json) -> Table {
    let fields = fields.as_array().map(Vec::as_slice).unwrap_or_default();
    Table {
        columns: fields.iter().map(name).collect(),
        types: fields.iter().map(data_type).collect(),
        rows: Vec::new(),
    }
}

/// One row: `{"f": [{"v": …}, …]}`.
pub fn row(fields: &Json, row: &Json) -> Vec<Cell> {
    let fields = fields.as_array().map(Vec::as_slice).unwrap_or_default();
    fields.iter().enumerate().map(|(index, field)| cell(field, &row["f"][index]["v"])).collect()
}

fn cell(field: &Json, value: &Json) -> Cell {
    if field["mode"] == "REPEATED" {
        let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
        return Cell::List(items.iter().map(|item| one(field, &item["v"])).collect());
    }
    one(field, value)
}

fn one(field: &Json, value: &Json) -> Cell {
    if value.is_null() {
        return Cell::Null;
    }
    let data_type = element_type(field);
    if data_type.starts_with("STRUCT<") {
        let fields = field["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
        let values = row(&field["fields"], value);
        return Cell::Struct(fields.iter().map(name).zip(values).collect());
    }
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
    match data_type.as_str() {
        "INT64" => text.parse().map_or(Cell::Decimal(text), Cell::Int),
        // "NaN", "Infinity" and "-Infinity" are read by Rust as they are written here.
        "FLOAT64" => text.parse().map_or(Cell::Text(text), Cell::Float),
        "BOOL" => Cell::Bool(text.eq_ignore_ascii_case("true")),
        "NUMERIC" | "BIGNUMERIC" => Cell::Decimal(text),
        "DATE" => Cell::Date(text),
        "DATETIME" => Cell::Timestamp(text.replacen('T', " ", 1)),
        "TIMESTAMP" => Cell::Timestamp(timestamp(&text)),
        "TIME" => Cell::Time(text),
        "BYTES" => base64::engine::general_purpose::STANDARD.decode(&text).map_or(Cell::Text(text), Cell::Bytes),
        // STRING, JSON, GEOGRAPHY, INTERVAL, RANGE<…>, and what is still to come.
        _ => Cell::Text(text),
    }
}

/// Microseconds since 1970, as asked for by `useInt64Timestamp`; seconds with a fraction where that is ignored.
fn timestamp(text: &str) -> String {
    let micros =
        text.parse::<i64>().ok().or_else(|| text.parse::<f64>().ok().map(|seconds| (seconds * 1e6).round() as i64));
    match micros.and_then(DateTime::<Utc>::from_timestamp_micros) {
        Some(moment) if moment.timestamp_subsec_micros() == 0 => moment.format("%Y-%m-%d %H:%M:%S+00:00").to_string(),
        Some(moment) => moment.format("%Y-%m-%d %H:%M:%S%.6f+00:00").to_string(),
        None => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_type_has_its_cell() {
        let fields = json!([
            {"name": "i", "type": "INTEGER"}, {"name": "f", "type": "FLOAT"}, {"name": "b", "type": "BOOLEAN"},
            {"name": "n", "type": "NUMERIC"}, {"name": "d", "type": "DATE"}, {"name": "dt", "type": "DATETIME"},
            {"name": "ts", "type": "TIMESTAMP"}, {"name": "t", "type": "TIME"}, {"name": "by", "type": "BYTES"},
            {"name": "j", "type": "JSON"}, {"name": "r", "type": "RANGE", "rangeElementType": {"type": "DATE"}},
            {"name": "s", "type": "RECORD", "fields": [{"name": "x", "type": "INTEGER"}, {"name": "l", "type": "STRING", "mode": "REPEATED"}]},
            {"name": "none", "type": "STRING"}
        ]);
        let answer = json!({"f": [{"v": "-7"}, {"v": "1.5"}, {"v": "true"}, {"v": "1.10"}, {"v": "2020-01-31"},
            {"v": "2020-01-31T10:00:00.5"}, {"v": "1577836800123000"}, {"v": "10:00:00"}, {"v": "YWI="},
            {"v": "{\"a\":1}"}, {"v": "[2020-01-01, UNBOUNDED)"},
            {"v": {"f": [{"v": "1"}, {"v": [{"v": "p"}, {"v": "q"}]}]}}, {"v": null}]});
        let list = Cell::List(vec![Cell::Text("p".into()), Cell::Text("q".into())]);
        assert_eq!(
            row(&fields, &answer),
            [
                Cell::Int(-7),
                Cell::Float(1.5),
                Cell::Bool(true),
                Cell::Decimal("1.10".into()),
                Cell::Date("2020-01-31".into()),
                Cell::Timestamp("2020-01-31 10:00:00.5".into()),
                Cell::Timestamp("2020-01-01 00:00:00.123000+00:00".into()),
                Cell::Time("10:00:00".into()),
                Cell::Bytes(b"ab".to_vec()),
                Cell::Text("{\"a\":1}".into()),
                Cell::Text("[2020-01-01, UNBOUNDED)".into()),
                Cell::Struct(vec![("x".into(), Cell::Int(1)), ("l".into(), list)]),
                Cell::Null,
            ]
        );
    }

    #[test]
    fn timestamps_are_read_with_and_without_the_int64_option() {
        assert_eq!(timestamp("1577836800000000"), "2020-01-01 00:00:00+00:00");
        assert_eq!(timestamp("1.577836800123E9"), "2020-01-01 00:00:00.123000+00:00");
        assert_eq!(timestamp("-1"), "1969-12-31 23:59:59.999999+00:00");
    }

    #[test]
    fn a_short_row_is_filled_with_nulls() {
        let fields = json!([{"name": "a", "type": "INTEGER"}, {"name": "b", "type": "STRING"}]);
        assert_eq!(row(&fields, &json!({"f": [{"v": "1"}]})), [Cell::Int(1), Cell::Null]);
    }
}
