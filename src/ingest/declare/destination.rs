//! Reads where a pipeline lands, and the terms on which it may.

use std::collections::BTreeMap;

use super::fields::Fields;
use crate::diagnostic::{Diagnostic, nearest};
use crate::ingest::pipeline::{BadRows, Contract, Destination, OnDrift, OutputColumn, RawTable};
use crate::manifest::{Json, JsonMap, Manifest, SourceTable};
use crate::project::Project;
use crate::project::yaml::Yaml;
use crate::relation::{Quoting, Relation, SchemaName};

const INTO_KEYS: [&str; 6] = ["table", "lake", "mode", "partition_by", "cluster_by", "labels"];
const PARTITION_KEYS: [&str; 3] = ["field", "data_type", "granularity"];
/// Most columns BigQuery clusters a table by.
/// Source: BigQuery documentation, "Introduction to clustered tables", Limitations.
const CLUSTER_COLUMNS_MAX: usize = 4;
/// Where quarantine tables lie when nothing else is said.
const QUARANTINE_SCHEMA: &str = "quarantine";
/// Bad rows a load may have when nothing else is said.
const BAD_ROWS_MAX_SHARE: f64 = 0.01;

pub fn read_destination(
    node: &Yaml,
    output: &[OutputColumn],
    manifest: &Manifest,
    project: &Project,
    fields: &Fields<'_>,
) -> Option<Destination> {
    let into = fields.required(node, "a pipeline", "into")?;
    if !fields.check_keys("`into`", into, &INTO_KEYS) {
        return None;
    }
    // The one mode there is; written down by those who like to see it.
    fields.choice(into, "mode", &["replace"]);
    let lake = fields.text(into, "lake");
    let table = match into.get("table") {
        Some(_) => Some(read_table(into, output, manifest, project, fields)?),
        None => None,
    };
    if lake.is_none() && table.is_none() {
        fields.wrong(into, "`into` does not say where", "a `lake`, a `table`, or both");
        return None;
    }
    if table.is_none() {
        for key in ["partition_by", "cluster_by", "labels"] {
            if let Some(value) = into.get(key) {
                fields.wrong(value, format!("`{key}` belongs to a `table`"), "there is no table here");
            }
        }
    }
    let span_of = |key| fields.span(into.get(key).unwrap_or(into));
    Some(Destination { lake, table, lake_span: span_of("lake"), table_span: span_of("table") })
}

fn read_table(
    into: &Yaml,
    output: &[OutputColumn],
    manifest: &Manifest,
    project: &Project,
    fields: &Fields<'_>,
) -> Option<RawTable> {
    let place = into.get("table")?;
    let label = fields.text(into, "table")?;
    let full_name = |table: &SourceTable| format!("{}.{}", table.source_name, table.name);
    let Some(source) = manifest.sources.values().find(|table| full_name(table) == label) else {
        let names: Vec<String> = manifest.sources.values().map(|table| full_name(table)).collect();
        let problem = Diagnostic::error("unknown-source", format!("there is no source table `{label}`"))
            .at(fields.span(place), "declared nowhere under `sources`");
        fields.push(match nearest(&label, names.iter().map(String::as_str)) {
            Some(name) => problem.help(format!("did you mean `{name}`?")),
            None => problem.help("write it as `<source>.<table>`, and declare it under `sources`"),
        });
        return None;
    };
    let kind = project.target.kind;
    let relation =
        Relation::new(source.database.clone(), &source.schema, &source.identifier, Quoting::ALL, kind.quote());
    let cluster_by = fields.texts(into, "cluster_by");
    for name in &cluster_by {
        check_column(into.get("cluster_by").unwrap_or(into), name, output, fields);
    }
    if cluster_by.len() > CLUSTER_COLUMNS_MAX {
        let node = into.get("cluster_by").unwrap_or(into);
        fields.wrong(node, format!("a table is clustered by {CLUSTER_COLUMNS_MAX} columns at most"), "too many");
    }
    let labels = into.get("labels").into_iter().flat_map(Yaml::entries);
    let labels = labels.filter_map(|(key, value)| Some((key.key_text(), fields.as_text(value)?)));
    Some(RawTable {
        source: source.unique_id.clone(),
        label,
        relation,
        description: source.description.clone(),
        partition_by: read_partition(into, output, fields),
        cluster_by,
        labels: labels.collect::<BTreeMap<_, _>>(),
    })
}

fn read_partition(into: &Yaml, output: &[OutputColumn], fields: &Fields<'_>) -> Option<JsonMap> {
    let node = into.get("partition_by").filter(|node| !node.is_null())?;
    if !fields.check_keys("`partition_by`", node, &PARTITION_KEYS) {
        return None;
    }
    let field = fields.required_text("`partition_by`", node, "field")?;
    let column = check_column(node.get("field").unwrap_or(node), &field, output, fields)?;
    let data_type = fields.text(node, "data_type").unwrap_or_else(|| column.kind.to_string());
    let granularity = fields.choice(node, "granularity", &["hour", "day", "month", "year"]).unwrap_or("day");
    let facts = [("field", field), ("data_type", data_type), ("granularity", granularity.to_string())];
    Some(facts.into_iter().map(|(key, value)| (key.to_string(), Json::from(value))).collect())
}

fn check_column<'o>(
    node: &Yaml,
    name: &str,
    output: &'o [OutputColumn],
    fields: &Fields<'_>,
) -> Option<&'o OutputColumn> {
    let found = output.iter().find(|column| column.name == name);
    if found.is_none() {
        fields.unknown(node, "column", name, output.iter().map(|column| column.name.as_str()));
    }
    found
}

/// A good table is not to be replaced by nothing, unless the pipeline says that nothing is fine.
const MIN_ROWS: u64 = 1;

pub fn read_contract(node: &Yaml, fields: &Fields<'_>) -> Contract {
    let Some(contract) = node.get("contract").filter(|contract| !contract.is_null()) else {
        return Contract { new_column: OnDrift::Warn, missing_column: OnDrift::Fail, min_rows: MIN_ROWS };
    };
    fields.check_keys("`contract`", contract, &["new_column", "missing_column", "min_rows"]);
    let on_drift = |key, default| match fields.choice(contract, key, &["ignore", "warn", "fail"]) {
        Some("ignore") => OnDrift::Ignore,
        Some("warn") => OnDrift::Warn,
        Some(_) => OnDrift::Fail,
        None => default,
    };
    Contract {
        new_column: on_drift("new_column", OnDrift::Warn),
        missing_column: on_drift("missing_column", OnDrift::Fail),
        min_rows: fields.whole(contract, "min_rows", 0).unwrap_or(MIN_ROWS),
    }
}

pub fn read_bad_rows(node: &Yaml, name: &Yaml, project: &Project, fields: &Fields<'_>) -> BadRows {
    let limits = node.get("bad_rows").filter(|limits| !limits.is_null());
    if let Some(limits) = limits {
        fields.check_keys("`bad_rows`", limits, &["max_share", "max_rows", "schema"]);
    }
    let max_share = limits.and_then(|limits| fields.share(limits, "max_share"));
    let schema = limits.and_then(|limits| fields.text(limits, "schema"));
    BadRows {
        max_share: max_share.unwrap_or(BAD_ROWS_MAX_SHARE),
        max_rows: limits.and_then(|limits| fields.whole(limits, "max_rows", 0)),
        schema: SchemaName {
            database: Some(project.target.database.clone()),
            schema: schema.unwrap_or_else(|| QUARANTINE_SCHEMA.to_string()),
        },
        span: fields.span(limits.unwrap_or(name)),
    }
}
