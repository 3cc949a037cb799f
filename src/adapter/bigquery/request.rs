//! Bodies of jobs: what is asked of BigQuery, with the caps and labels that every job carries.
//!
//! The typed models of `gcp-bigquery-client` say what is common; fields it does not know are added after.

use std::collections::BTreeMap;

use gcp_bigquery_client::model::clustering::Clustering;
use gcp_bigquery_client::model::job::Job;
use gcp_bigquery_client::model::job_configuration::JobConfiguration;
use gcp_bigquery_client::model::job_configuration_load::JobConfigurationLoad;
use gcp_bigquery_client::model::job_configuration_query::JobConfigurationQuery;
use gcp_bigquery_client::model::job_configuration_table_copy::JobConfigurationTableCopy;
use gcp_bigquery_client::model::job_reference::JobReference;
use gcp_bigquery_client::model::table_reference::TableReference;
use serde_json::json;

use super::schema::{partitioning, table_schema};
use super::settings::{Priority, Settings};
use crate::adapter::{AdapterError, Disposition, ErrorKind, JobContext, LoadRequest, LoadSource};
use crate::manifest::Json;
use crate::relation::Relation;

/// Most labels a job may have, and longest key or value.
/// Source: BigQuery documentation, "Requirements for labels".
const LABELS_MAX: usize = 64;
const LABEL_CHARS_MAX: usize = 63;

/// What a job does.
pub enum Work<'a> {
    Query { sql: &'a str },
    Load { request: &'a LoadRequest, into: &'a Relation, disposition: Disposition, uris: &'a [String] },
    Copy { from: &'a [Relation], into: &'a Relation, is_append: bool },
}

/// The body of `jobs.insert`.
///
/// # Errors
/// Columns, partitions or a priority that BigQuery does not have.
pub fn job_body(
    work: &Work<'_>,
    context: &JobContext,
    settings: &Settings,
    invocation_id: &str,
    job_id: &str,
) -> Result<Json, AdapterError> {
    let mut configuration = JobConfiguration {
        job_timeout_ms: Some(timeout_ms(context, settings).to_string()),
        ..JobConfiguration::default()
    };
    match work {
        Work::Query { sql } => {
            configuration.query = Some(query(sql, context, settings)?);
            configuration.dry_run = Some(false);
        }
        Work::Load { request, into, disposition, uris } => {
            configuration.load = Some(load(request, into, *disposition, uris, settings));
        }
        Work::Copy { from, into, is_append } => configuration.copy = Some(copy(from, into, *is_append, settings)),
    }
    let reference = JobReference {
        job_id: Some(job_id.to_string()),
        location: settings.location.clone(),
        project_id: Some(settings.execution_project.clone()),
    };
    let job = Job { configuration: Some(configuration), job_reference: Some(reference), ..Job::default() };
    let mut body = serde_json::to_value(job)
        .map_err(|error| AdapterError::new(ErrorKind::Database, format!("a job could not be written down: {error}")))?;

    // Fields that the models lack, or would write in another order every time.
    let configuration = &mut body["configuration"];
    configuration["labels"] = json!(labels(context, invocation_id));
    if let Some(reservation) = context.reservation.as_ref().or(settings.reservation.as_ref()) {
        configuration["reservation"] = reservation.as_str().into();
    }
    if let Work::Load { request, .. } = work {
        let load = &mut configuration["load"];
        load["schema"] = table_schema(&request.columns)?;
        if matches!(request.from, LoadSource::Parquet(_)) {
            // Without it a list arrives as a struct with a list inside.
            load["parquetOptions"] = json!({"enableListInference": true});
        }
        if let Some(partition_by) = &request.partition_by {
            let (key, value) = partitioning(partition_by)?;
            load[key] = value;
        }
        let labels = sanitised(&request.labels);
        if !labels.is_empty() || request.description.is_some() {
            load["destinationTableProperties"] = json!({});
            if let Some(description) = &request.description {
                load["destinationTableProperties"]["description"] = description.as_str().into();
            }
            if !labels.is_empty() {
                load["destinationTableProperties"]["labels"] = json!(labels);
            }
        }
    }
    Ok(body)
}

fn query(sql: &str, context: &JobContext, settings: &Settings) -> Result<JobConfigurationQuery, AdapterError> {
    let priority = match &context.priority {
        None => settings.priority,
        Some(name) => Priority::from_name(name).ok_or_else(|| {
            AdapterError::new(ErrorKind::Database, format!("`priority: {name}` is not known"))
                .help("use `interactive` or `batch`")
        })?,
    };
    let cap = context.maximum_bytes_billed.or(settings.maximum_bytes_billed).filter(|bytes| *bytes != 0);
    Ok(JobConfigurationQuery {
        query: sql.to_string(),
        use_legacy_sql: Some(false),
        priority: Some(priority.name().to_string()),
        maximum_bytes_billed: cap.map(|bytes| bytes.to_string()),
        ..JobConfigurationQuery::default()
    })
}

fn load(
    request: &LoadRequest,
    into: &Relation,
    disposition: Disposition,
    uris: &[String],
    settings: &Settings,
) -> JobConfigurationLoad {
    let mut load = JobConfigurationLoad {
        destination_table: Some(table_reference(into, settings)),
        source_uris: (!uris.is_empty()).then(|| uris.to_vec()),
        autodetect: Some(false),
        create_disposition: Some("CREATE_IF_NEEDED".to_string()),
        write_disposition: Some(write_disposition(disposition == Disposition::Append)),
        clustering: (!request.cluster_by.is_empty()).then(|| Clustering { fields: Some(request.cluster_by.clone()) }),
        ..JobConfigurationLoad::default()
    };
    match &request.from {
        LoadSource::Parquet(_) => load.source_format = Some("PARQUET".to_string()),
        LoadSource::Csv { delimiter, .. } => {
            load.source_format = Some("CSV".to_string());
            load.skip_leading_rows = Some(1);
            load.field_delimiter = Some(delimiter.to_string());
            // A line break inside quotes is legal CSV, and dbt's seeds fail on it.
            load.allow_quoted_newlines = Some(true);
            load.encoding = Some("UTF-8".to_string());
        }
    }
    load
}

fn copy(from: &[Relation], into: &Relation, is_append: bool, settings: &Settings) -> JobConfigurationTableCopy {
    JobConfigurationTableCopy {
        source_tables: Some(from.iter().map(|table| table_reference(table, settings)).collect()),
        destination_table: Some(table_reference(into, settings)),
        create_disposition: Some("CREATE_IF_NEEDED".to_string()),
        write_disposition: Some(write_disposition(is_append)),
        ..JobConfigurationTableCopy::default()
    }
}

fn write_disposition(is_append: bool) -> String {
    if is_append { "WRITE_APPEND" } else { "WRITE_TRUNCATE" }.to_string()
}

pub fn table_reference(relation: &Relation, settings: &Settings) -> TableReference {
    let project = relation.database.as_deref().unwrap_or(&settings.project);
    let (dataset, table) =
        (relation.schema.as_deref().unwrap_or_default(), relation.identifier.as_deref().unwrap_or_default());
    TableReference::new(project, dataset, table)
}

pub fn timeout_ms(context: &JobContext, settings: &Settings) -> u64 {
    let own = context.timeout_seconds.filter(|seconds| *seconds > 0).map(|seconds| seconds.saturating_mul(1000));
    own.unwrap_or_else(|| u64::try_from(settings.job_timeout.as_millis()).unwrap_or(u64::MAX))
}

fn labels(context: &JobContext, invocation_id: &str) -> BTreeMap<String, String> {
    let mut labels: BTreeMap<_, _> = sanitised(&context.labels).into_iter().take(LABELS_MAX - 1).collect();
    labels.insert("dbt_invocation_id".to_string(), sanitise(invocation_id));
    labels
}

fn sanitised(labels: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    labels.iter().map(|(key, value)| (sanitise(key), sanitise(value))).filter(|(key, _)| !key.is_empty()).collect()
}

/// dbt's rule for the keys and values of job labels.
fn sanitise(text: &str) -> String {
    let lower = text.trim().to_lowercase();
    let allowed = |letter: char| if letter.is_ascii_alphanumeric() || "_-".contains(letter) { letter } else { '_' };
    lower.chars().map(allowed).take(LABEL_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_cleaned_as_dbt_does_and_never_too_many() {
        assert_eq!(sanitise("  My Model.V2!é "), "my_model_v2__");
        assert_eq!(sanitise(&"x".repeat(80)).len(), 63);
        let many = (0..80).map(|index| (format!("k{index:02}"), "v".to_string())).collect();
        let context = JobContext { labels: many, ..JobContext::default() };
        let labels = labels(&context, "ID-1");
        assert_eq!((labels.len(), labels["dbt_invocation_id"].as_str()), (64, "id-1"));
    }
}
