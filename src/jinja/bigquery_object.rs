//! Methods of `adapter` that only BigQuery's macros call: partition configs, table options, metadata patches.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, Value};
use minijinja::{Error, ErrorKind, State};

use super::adapter_object::{Arguments, map_argument, refuse};
use super::column_object::ColumnObject;
use super::errors::adapter_failed;
use super::functions::texts;
use super::relation_object::relation_argument;
use super::scope::{Run, Scope};
use super::silent::is_undefined;
use super::values::{Dict, List, from_map, pairs, python_repr, python_str, to_json};
use crate::manifest::{Json, JsonMap};

/// The method's value, or `None` where there is no such method.
pub(super) fn method(
    scope: &Arc<Scope>,
    run: &Run,
    method: &str,
    arguments: &Arguments<'_>,
) -> Result<Option<Value>, Error> {
    let session = &run.scope.session;
    let failed = |error| adapter_failed(scope, error, None);
    Ok(Some(match method {
        "parse_partition_by" => match arguments.get(0, "raw_partition_by") {
            None => Value::from(()),
            Some(raw) => Value::from_object(PartitionConfig::parse(&raw)?),
        },
        "get_common_options" => table_options(run, arguments, false)?.0,
        "get_view_options" => table_options(run, arguments, false)?.0,
        "get_table_options" => table_options(run, arguments, true)?.0,
        "describe_relation" | "get_bq_table" => {
            let relation = arguments.relation(0, "relation")?;
            from_map(&session.describe(&relation).map_err(failed)?)
        }
        "is_replaceable" => {
            let relation = arguments.get(0, "relation");
            let Some(relation) = relation else { return Ok(Some(Value::from(true))) };
            let facts = session.describe(&relation_argument(&relation)?).map_err(failed)?;
            let partition = arguments.get(1, "conf_partition").or_else(|| arguments.get(1, "partition_by"));
            let cluster = arguments.get(2, "conf_cluster").or_else(|| arguments.get(2, "cluster_by"));
            let wanted = partition.map(|partition| partition_config(&partition)).transpose()?.flatten();
            Value::from(has_layout(
                &facts,
                wanted.as_ref(),
                &cluster.map(|cluster| texts(&cluster)).unwrap_or_default(),
            ))
        }
        "copy_table" => {
            let from = arguments.required(0, "source")?;
            let from = match relation_argument(&from) {
                Ok(relation) => vec![relation],
                Err(_) => from.try_iter()?.map(|item| relation_argument(&item)).collect::<Result<_, _>>()?,
            };
            let into = arguments.relation(1, "destination")?;
            let is_append = arguments.text(2, "materialization").is_ok_and(|name| name == "incremental");
            let answer = session.copy(&from, &into, is_append).map_err(failed)?;
            super::adapter_object::response_value(&answer.response)
        }
        "update_table_description" => {
            let relation = crate::relation::Relation {
                database: Some(arguments.text(0, "database")?),
                schema: Some(arguments.text(1, "schema")?),
                identifier: Some(arguments.text(2, "identifier")?),
                ..super::relation_object::relation_of_model(scope)
                    .ok_or_else(|| refuse("no-relation", "there is no relation here"))?
            };
            let patch =
                JsonMap::from_iter([("description".to_string(), Json::from(arguments.text(3, "description")?))]);
            session.patch(&relation, &patch).map_err(failed)?;
            Value::from("")
        }
        "update_columns" => {
            let relation = arguments.relation(0, "relation")?;
            let columns = map_argument(&arguments.required(1, "columns")?, "columns")?;
            if columns.is_empty() {
                return Ok(Some(Value::from("")));
            }
            let patch = JsonMap::from_iter([("columns".to_string(), Json::Object(columns))]);
            session.patch(&relation, &patch).map_err(failed)?;
            Value::from("")
        }
        "alter_table_add_columns" | "add_columns" => {
            let relation = arguments.relation(0, "relation")?;
            let columns = arguments.required(1, "columns")?;
            let added = columns.try_iter()?.filter_map(|column| {
                let column = column.downcast_object_ref::<ColumnObject>()?.column.clone();
                Some(serde_json::json!({"name": column.name, "data_type": column.data_type}))
            });
            let patch = JsonMap::from_iter([("add_columns".to_string(), Json::Array(added.collect()))]);
            session.patch(&relation, &patch).map_err(failed)?;
            Value::from("")
        }
        "add_time_ingestion_partition_column" => {
            let partition = partition_config(&arguments.required(0, "partition_by")?)?;
            let columns: Vec<Value> = arguments.required(1, "columns")?.try_iter()?.collect();
            let field = partition.map(|partition| partition.field).unwrap_or_default();
            let added = crate::relation::Column { name: field, data_type: "TIMESTAMP".to_string(), is_nullable: true };
            let added = ColumnObject::value(added, scope.project.kind);
            List::value(columns.into_iter().chain([added]).collect())
        }
        "nest_column_data_types" => {
            let columns = arguments.required(0, "columns")?;
            nested_types(&columns)?
        }
        "upload_file" | "load_dataframe" | "grant_access_to" | "get_dataset_location" | "sync_struct_columns" => {
            return Err(refuse("unsupported", format!("`adapter.{method}` is not supported")));
        }
        _ => return Ok(None),
    }))
}

/// The options of a table or view, in dbt's order, as SQL literals; printed between `OPTIONS(` and `)`.
struct Options(Value);

fn table_options(run: &Run, arguments: &Arguments<'_>, is_table: bool) -> Result<Options, Error> {
    let node = arguments.get(1, "node").unwrap_or_default();
    let is_temporary = arguments.flag(2, "temporary");
    let config = match &run.scope.node {
        Some(node) => Arc::clone(&node.config.values),
        None => Arc::default(),
    };
    let get = |key: &str| config.get(key).filter(|value| !value.is_null());
    let mut options: Vec<(Value, Value)> = Vec::new();
    let mut put = |key: &str, value: String| options.push((Value::from(key), Value::from(value)));
    if is_temporary {
        put("expiration_timestamp", "TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 12 hour)".to_string());
    } else if let Some(hours) = get("hours_to_expiration") {
        put("expiration_timestamp", format!("TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL {hours} hour)"));
    }
    let persists = get("persist_docs").and_then(|docs| docs.get("relation")).and_then(Json::as_bool).unwrap_or(false);
    let description = node.get_attr("description").ok().map(|text| python_str(&text)).unwrap_or_default();
    if persists && !description.is_empty() {
        let escaped = Json::from(description).to_string();
        put("description", format!("\"\"\"{}\"\"\"", &escaped[1..escaped.len() - 1]));
    }
    if let Some(labels) = labels(&config) {
        put("labels", labels);
    }
    if let Some(tags) = get("resource_tags").and_then(Json::as_object) {
        put("tags", label_list(tags));
    }
    if let Some(key) = get("kms_key_name").and_then(Json::as_str) {
        put("kms_key_name", format!("'{key}'"));
    }
    if is_table && !is_temporary {
        if get("partition_by").is_some() {
            if let Some(required) = get("require_partition_filter") {
                put("require_partition_filter", python_str(&super::values::from_json(required)));
            }
            if let Some(days) = get("partition_expiration_days") {
                put("partition_expiration_days", days.to_string());
            }
        }
        if let Some(enabled) = get("enable_change_history") {
            put("enable_change_history", python_str(&super::values::from_json(enabled)));
        }
    }
    Ok(Options(Dict::value(options)))
}

/// Labels of the config; with `labels_from_meta` those of `meta` first.
fn labels(config: &JsonMap) -> Option<String> {
    let mut all = JsonMap::new();
    if config.get("labels_from_meta").and_then(Json::as_bool) == Some(true) {
        all.extend(config.get("meta").and_then(Json::as_object).cloned().unwrap_or_default());
    }
    all.extend(config.get("labels").and_then(Json::as_object).cloned().unwrap_or_default());
    (!all.is_empty()).then(|| label_list(&all))
}

fn label_list(labels: &JsonMap) -> String {
    let pairs = labels.iter().map(|(key, value)| {
        let value = python_str(&super::values::from_json(value));
        format!("({}, {})", python_repr(&Value::from(key.as_str())), python_repr(&Value::from(value)))
    });
    format!("[{}]", pairs.collect::<Vec<_>>().join(", "))
}

/// dbt's `partition_by`, with its questions.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PartitionConfig {
    field: String,
    data_type: String,
    granularity: String,
    range: Option<JsonMap>,
    time_ingestion_partitioning: bool,
    copy_partitions: bool,
}

fn partition_config(value: &Value) -> Result<Option<PartitionConfig>, Error> {
    if value.is_none() || is_undefined(value) {
        return Ok(None);
    }
    match value.downcast_object_ref::<PartitionConfig>() {
        Some(config) => Ok(Some(config.clone())),
        None => PartitionConfig::parse(value).map(Some),
    }
}

impl PartitionConfig {
    fn parse(raw: &Value) -> Result<Self, Error> {
        let Json::Object(map) = to_json(raw) else {
            return Err(refuse("invalid-partition-by", "`partition_by` must be a dict with a `field`"));
        };
        let text = |key: &str, default: &str| {
            map.get(key).and_then(Json::as_str).map_or_else(|| default.to_string(), str::to_lowercase)
        };
        let flag = |key: &str| map.get(key).and_then(Json::as_bool).unwrap_or(false);
        // The field keeps its spelling: column names are case-blind, and people read the SQL.
        let Some(field) = map.get("field").and_then(Json::as_str).map(str::to_string) else {
            return Err(refuse("invalid-partition-by", "`partition_by` has no `field`"));
        };
        let config = Self {
            field,
            data_type: text("data_type", "date"),
            granularity: text("granularity", "day"),
            range: map.get("range").and_then(Json::as_object).cloned(),
            time_ingestion_partitioning: flag("time_ingestion_partitioning"),
            copy_partitions: flag("copy_partitions"),
        };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), Error> {
        let refused = |message: String| Err(refuse("invalid-partition-by", message));
        match self.data_type.as_str() {
            "int64" if self.range.is_none() => {
                refused("`partition_by` on an int64 needs a `range` with start, end and interval".to_string())
            }
            "date" | "timestamp" | "datetime" | "int64" => match self.granularity.as_str() {
                "hour" if self.data_type == "date" => {
                    refused("a date has no hours: use day, month or year as `granularity`".to_string())
                }
                "hour" | "day" | "month" | "year" => Ok(()),
                other => refused(format!("`granularity: {other}` is not one of hour, day, month, year")),
            },
            other => refused(format!(
                "`data_type: {other}` of `partition_by` is not one of date, timestamp, datetime, int64"
            )),
        }
    }

    fn has_truncation(&self) -> bool {
        match self.data_type.as_str() {
            "date" => self.granularity != "day",
            "timestamp" | "datetime" => true,
            _ => false,
        }
    }

    /// dbt's name for what the table is partitioned by: `_PARTITIONTIME` for ingestion time.
    fn data_type_for_partition(&self) -> &str {
        if self.data_type == "int64" || self.data_type == "date" {
            return &self.data_type;
        }
        if self.time_ingestion_partitioning { "timestamp" } else { &self.data_type }
    }

    fn column(&self) -> String {
        if !self.time_ingestion_partitioning {
            return self.field.clone();
        }
        if self.data_type == "date" { "_PARTITIONDATE" } else { "_PARTITIONTIME" }.to_string()
    }

    fn sql(&self, alias: Option<&str>) -> String {
        let column = alias.map_or_else(|| self.column(), |alias| format!("{alias}.{}", self.column()));
        if let ("int64", Some(range)) = (self.data_type.as_str(), &self.range) {
            let part = |key: &str| range.get(key).map(|value| value.to_string()).unwrap_or_default();
            return format!(
                "range_bucket({column}, generate_array({}, {}, {}))",
                part("start"),
                part("end"),
                part("interval")
            );
        }
        if self.has_truncation() {
            return format!("{}_trunc({column}, {})", self.data_type, self.granularity);
        }
        column
    }

    fn render_wrapped(&self, alias: Option<&str>) -> String {
        let rendered = self.sql(alias);
        if self.data_type == "date" && self.granularity == "day" && !self.time_ingestion_partitioning {
            return format!("date({rendered})");
        }
        if let ("int64", Some(range)) = (self.data_type.as_str(), &self.range) {
            let column = alias.map_or_else(|| self.column(), |alias| format!("{alias}.{}", self.column()));
            let part = |key: &str| range.get(key).map(|value| value.to_string()).unwrap_or_default();
            if part("interval") == "1" {
                return column;
            }
            return format!("({column} - MOD({column} - {}, {}))", part("start"), part("interval"));
        }
        rendered
    }
}

impl Object for PartitionConfig {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "field" => Value::from(self.field.as_str()),
            "data_type" => Value::from(self.data_type.as_str()),
            "granularity" => Value::from(self.granularity.as_str()),
            "range" => self.range.as_ref().map_or_else(|| Value::from(()), from_map),
            "time_ingestion_partitioning" => Value::from(self.time_ingestion_partitioning),
            "copy_partitions" => Value::from(self.copy_partitions),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let arguments = Arguments::new(args);
        let alias = arguments.get(0, "alias").map(|alias| python_str(&alias));
        Ok(match method {
            "render" => Value::from(self.sql(alias.as_deref())),
            "render_wrapped" => Value::from(self.render_wrapped(alias.as_deref())),
            "data_type_for_partition" => Value::from(self.data_type_for_partition()),
            "data_type_should_be_truncated" => Value::from(self.has_truncation()),
            "insertable_time_partitioning_field" => {
                Value::from(if self.data_type == "date" { "_PARTITIONDATE" } else { "_PARTITIONTIME" })
            }
            "time_partitioning_field" => Value::from(self.column()),
            "reject_partition_field_column" => {
                let columns: Vec<Value> = arguments.required(0, "columns")?.try_iter()?.collect();
                let kept = columns.into_iter().filter(|column| {
                    let name = column.get_attr("name").map(|name| python_str(&name)).unwrap_or_default();
                    !name.eq_ignore_ascii_case(&self.field)
                });
                List::value(kept.collect())
            }
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// Whether a table, as BigQuery describes it, is partitioned and clustered as wanted. An absent table is.
fn has_layout(facts: &JsonMap, partition: Option<&PartitionConfig>, cluster: &[String]) -> bool {
    if facts.is_empty() {
        return true;
    }
    let fields = facts.get("clustering").and_then(|clustering| clustering.get("fields")).and_then(Json::as_array);
    let found: Vec<&str> = fields.into_iter().flatten().filter_map(Json::as_str).collect();
    let same_cluster =
        found.len() == cluster.len() && found.iter().zip(cluster).all(|(a, b)| a.eq_ignore_ascii_case(b));
    let time = facts.get("timePartitioning").and_then(Json::as_object);
    let range = facts.get("rangePartitioning").and_then(Json::as_object);
    let same_partition = match (partition, time, range) {
        (None, time, range) => time.is_none() && range.is_none(),
        (Some(wanted), Some(time), _) => {
            let field = time.get("field").and_then(Json::as_str).unwrap_or_default();
            let kind = time.get("type").and_then(Json::as_str).unwrap_or_default();
            let wanted_field = if wanted.time_ingestion_partitioning { "" } else { wanted.field.as_str() };
            field.eq_ignore_ascii_case(wanted_field) && kind.eq_ignore_ascii_case(&wanted.granularity)
        }
        (Some(wanted), None, Some(range)) => same_range(wanted, range),
        (Some(_), None, None) => false,
    };
    same_cluster && same_partition
}

fn same_range(wanted: &PartitionConfig, found: &JsonMap) -> bool {
    let Some(wanted_range) = &wanted.range else { return false };
    let plain =
        |value: Option<&Json>| value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_string));
    let field = found.get("field").and_then(Json::as_str).unwrap_or_default();
    let range = found.get("range");
    field.eq_ignore_ascii_case(&wanted.field)
        && ["start", "end", "interval"]
            .iter()
            .all(|key| plain(wanted_range.get(*key)) == plain(range.and_then(|range| range.get(*key))))
}

/// Columns `a.b` fold into `a STRUCT<b …>`, as contracts on nested columns need.
fn nested_types(columns: &Value) -> Result<Value, Error> {
    let mut tree = indexmap::IndexMap::<String, Vec<(String, String)>>::new();
    let mut plain = indexmap::IndexMap::<String, JsonMap>::new();
    for (name, column) in pairs(columns)? {
        let name = python_str(&name);
        let Json::Object(column) = to_json(&column) else { continue };
        let data_type = column.get("data_type").and_then(Json::as_str).unwrap_or_default().to_string();
        match name.split_once('.') {
            Some((parent, child)) => tree.entry(parent.to_string()).or_default().push((child.to_string(), data_type)),
            None => {
                plain.insert(name, column);
            }
        }
    }
    for (parent, children) in tree {
        let fields: Vec<String> = children.iter().map(|(name, data_type)| format!("{name} {data_type}")).collect();
        let folded = format!("struct<{}>", fields.join(", "));
        let entry = plain.entry(parent.clone()).or_default();
        let is_list =
            entry.get("data_type").and_then(Json::as_str).is_some_and(|text| text.to_lowercase().starts_with("array"));
        entry.insert("name".to_string(), parent.into());
        entry.insert("data_type".to_string(), if is_list { format!("array<{folded}>") } else { folded }.into());
    }
    Ok(Dict::value(plain.into_iter().map(|(name, column)| (Value::from(name), from_map(&column)))))
}
