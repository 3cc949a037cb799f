//! Column types: BigQuery's table schema (JSON) to and from the spelling people write in SQL.

use serde_json::json;

use crate::adapter::{AdapterError, ErrorKind};
use crate::manifest::Json;
use crate::relation::Column;

/// Columns of `schema.fields`, nested ones spelled `STRUCT<…>` and `ARRAY<…>`.
pub fn columns(fields: &Json) -> Vec<Column> {
    let fields = fields.as_array().map(Vec::as_slice).unwrap_or_default();
    fields
        .iter()
        .map(|field| Column {
            name: name(field),
            data_type: data_type(field),
            // A repeated column is never null, but no `not null` was declared either.
            is_nullable: field["mode"] != "REQUIRED",
        })
        .collect()
}

pub fn name(field: &Json) -> String {
    field["name"].as_str().unwrap_or_default().to_string()
}

/// The type of one field, as SQL has it.
pub fn data_type(field: &Json) -> String {
    let element = element_type(field);
    if field["mode"] == "REPEATED" { format!("ARRAY<{element}>") } else { element }
}

/// The type of one field, or of one item of it where it is repeated.
pub fn element_type(field: &Json) -> String {
    match standard_name(field["type"].as_str().unwrap_or_default()) {
        "STRUCT" => {
            let fields = field["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
            let fields: Vec<_> = fields.iter().map(|field| format!("{} {}", name(field), data_type(field))).collect();
            format!("STRUCT<{}>", fields.join(", "))
        }
        "RANGE" => {
            let element = field["rangeElementType"]["type"].as_str().unwrap_or("DATE");
            format!("RANGE<{}>", standard_name(element))
        }
        plain => plain.to_string(),
    }
}

/// The tables API answers with old names for some types.
/// Source: BigQuery REST reference, `TableFieldSchema.type`.
fn standard_name(name: &str) -> &str {
    match name {
        "INTEGER" | "INT" | "SMALLINT" | "BIGINT" | "TINYINT" | "BYTEINT" => "INT64",
        "FLOAT" => "FLOAT64",
        "BOOLEAN" => "BOOL",
        "RECORD" => "STRUCT",
        "DECIMAL" => "NUMERIC",
        "BIGDECIMAL" => "BIGNUMERIC",
        other => other,
    }
}

/// `schema` of a load job or table.
///
/// # Errors
/// A type that cannot be read, with the column's name.
pub fn table_schema(columns: &[Column]) -> Result<Json, AdapterError> {
    let fields: Result<Vec<_>, AdapterError> = columns
        .iter()
        .map(|column| {
            let mut field = field(&column.name, &column.data_type).ok_or_else(|| {
                let message = format!(
                    "column `{}` has the type `{}`, which BigQuery does not have",
                    column.name, column.data_type
                );
                AdapterError::new(ErrorKind::Database, message)
            })?;
            if !column.is_nullable && field["mode"] == "NULLABLE" {
                field["mode"] = "REQUIRED".into();
            }
            Ok(field)
        })
        .collect();
    Ok(json!({"fields": fields?}))
}

/// One field from its type in SQL; `None` when the type cannot be read.
fn field(name: &str, data_type: &str) -> Option<Json> {
    let text = data_type.trim();
    let (word, inside) = match text.split_once('<') {
        Some((word, rest)) => (word.trim(), Some(rest.trim_end().strip_suffix('>')?)),
        None => (text, None),
    };
    let (word, parameters) = match word.split_once('(') {
        Some((word, rest)) => (word.trim(), Some(rest.trim_end().strip_suffix(')')?)),
        None => (word, None),
    };
    let upper = word.to_uppercase();
    let mut made = json!({"name": name, "mode": "NULLABLE"});
    match (standard_name(&upper), inside) {
        ("ARRAY", Some(item)) => {
            let mut repeated = field(name, item)?;
            // An array of arrays does not exist.
            (repeated["mode"] != "REPEATED").then_some(())?;
            repeated["mode"] = "REPEATED".into();
            return Some(repeated);
        }
        ("STRUCT", Some(inside)) => {
            let fields: Option<Vec<_>> = split_at_commas(inside)
                .iter()
                .map(|part| {
                    let (name, data_type) = part.trim().split_once(char::is_whitespace)?;
                    field(name.trim_matches('`'), data_type)
                })
                .collect();
            made["type"] = "RECORD".into();
            made["fields"] = fields?.into();
        }
        ("RANGE", Some(element)) => {
            made["type"] = "RANGE".into();
            made["rangeElementType"] = json!({"type": element.trim().to_uppercase()});
        }
        (
            plain @ ("INT64" | "FLOAT64" | "BOOL" | "STRING" | "BYTES" | "DATE" | "DATETIME" | "TIME" | "TIMESTAMP"
            | "NUMERIC" | "BIGNUMERIC" | "JSON" | "GEOGRAPHY" | "INTERVAL"),
            None,
        ) => made["type"] = plain.into(),
        _ => return None,
    }
    if let Some(parameters) = parameters {
        let mut numbers = parameters.split(',').map(str::trim).filter(|text| !text.is_empty());
        let (first, second) = (numbers.next()?, numbers.next());
        match made["type"].as_str() {
            Some("STRING" | "BYTES") => made["maxLength"] = first.into(),
            _ => {
                made["precision"] = first.into();
                if let Some(scale) = second {
                    made["scale"] = scale.into();
                }
            }
        }
    }
    Some(made)
}

/// Splits at commas that stand outside of brackets.
fn split_at_commas(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0i32);
    for (index, letter) in text.char_indices() {
        match letter {
            '<' | '(' => depth += 1,
            '>' | ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// `timePartitioning` or `rangePartitioning` of a load job, from dbt's `partition_by`.
///
/// # Errors
/// A granularity or range that BigQuery does not have.
pub fn partitioning(partition_by: &crate::manifest::JsonMap) -> Result<(&'static str, Json), AdapterError> {
    let text = |key: &str| partition_by.get(key).and_then(Json::as_str).map(str::to_lowercase);
    let field = partition_by.get("field").and_then(Json::as_str).filter(|field| !field.is_empty());
    let Some(field) = field else {
        return Err(AdapterError::new(ErrorKind::Database, "`partition_by` names no `field`")
            .help("write `partition_by: {field: <column>, data_type: date, granularity: day}`"));
    };
    if let Some(range) = partition_by.get("range").filter(|range| range.is_object()) {
        let bound = |key: &str| range[key].as_str().map_or_else(|| range[key].to_string(), str::to_string);
        let range = json!({"start": bound("start"), "end": bound("end"), "interval": bound("interval")});
        return Ok(("rangePartitioning", json!({"field": field, "range": range})));
    }
    let granularity = text("granularity").unwrap_or_else(|| "day".to_string());
    let data_type = text("data_type").unwrap_or_else(|| "date".to_string());
    match granularity.as_str() {
        "hour" if data_type == "date" => Err(AdapterError::new(
            ErrorKind::Database,
            format!("`{field}` is a date and cannot be partitioned by hour"),
        )
        .help("use `granularity: day`, `month` or `year`, or a timestamp column")),
        "hour" | "day" | "month" | "year" => {
            Ok(("timePartitioning", json!({"type": granularity.to_uppercase(), "field": field})))
        }
        other => Err(AdapterError::new(
            ErrorKind::Database,
            format!("`granularity: {other}` of `partition_by` is not known"),
        )
        .help("use `hour`, `day`, `month` or `year`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(data_type: &str) -> Column {
        Column { name: "c".to_string(), data_type: data_type.to_string(), is_nullable: true }
    }

    #[test]
    fn types_survive_the_way_to_the_api_and_back() {
        for spelled in [
            "INT64",
            "ARRAY<STRING>",
            "STRUCT<a INT64, b ARRAY<STRUCT<x NUMERIC, y STRING>>, r RANGE<DATE>>",
            "RANGE<TIMESTAMP>",
            "ARRAY<STRUCT<k JSON>>",
        ] {
            let schema = table_schema(&[column(spelled)]).expect(spelled);
            assert_eq!(columns(&schema["fields"])[0].data_type, spelled);
        }
        let schema = table_schema(&[column("numeric(10, 2)")]).expect("parameters are read");
        assert_eq!(
            schema["fields"][0],
            json!({"name": "c", "mode": "NULLABLE", "type": "NUMERIC", "precision": "10", "scale": "2"})
        );
        let required = Column { is_nullable: false, ..column("date") };
        assert_eq!(table_schema(&[required]).expect("fine")["fields"][0]["mode"], "REQUIRED");
    }

    #[test]
    fn types_of_other_warehouses_are_refused_by_column() {
        for wrong in ["VARCHAR", "ARRAY<ARRAY<INT64>>", "STRUCT<a>", "ARRAY<", ""] {
            let error = table_schema(&[column(wrong)]).expect_err(wrong);
            assert_eq!(error.message, format!("column `c` has the type `{wrong}`, which BigQuery does not have"));
        }
    }

    #[test]
    fn old_names_are_answered_with_todays() {
        let fields = json!([{"name": "a", "type": "RECORD", "mode": "REPEATED", "fields": [{"name": "x", "type": "INTEGER"}]},
            {"name": "b", "type": "BOOLEAN", "mode": "REQUIRED"}, {"name": "r", "type": "RANGE", "rangeElementType": {"type": "DATE"}}]);
        let types: Vec<_> = columns(&fields).into_iter().map(|column| (column.data_type, column.is_nullable)).collect();
        assert_eq!(
            types,
            [
                ("ARRAY<STRUCT<x INT64>>".to_string(), true),
                ("BOOL".to_string(), false),
                ("RANGE<DATE>".to_string(), true)
            ]
        );
    }

    #[test]
    fn partition_by_becomes_a_partitioning_or_a_refusal() {
        let read = |spec: Json| partitioning(spec.as_object().expect("an object"));
        let month = read(json!({"field": "crime_date", "granularity": "MONTH"})).expect("fine");
        assert_eq!(month, ("timePartitioning", json!({"type": "MONTH", "field": "crime_date"})));
        let range =
            read(json!({"field": "id", "data_type": "int64", "range": {"start": 0, "end": "10", "interval": 2}}));
        assert_eq!(
            range.expect("fine"),
            ("rangePartitioning", json!({"field": "id", "range": {"start": "0", "end": "10", "interval": "2"}}))
        );
        assert!(read(json!({"field": "d", "granularity": "hour"})).is_err());
        assert!(read(json!({"field": "d", "granularity": "week"})).is_err());
        assert!(read(json!({"granularity": "day"})).is_err());
    }
}
