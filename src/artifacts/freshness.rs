//! sources.json, version 3: how fresh each source was found.

use std::io;
use std::path::Path;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::metadata::{Metadata, epoch_text};
use super::run_results::thread_name;
use super::write_json;
use crate::manifest::shape::Shape;
use crate::manifest::{Freshness, JsonMap, UniqueId};

/// One source that was asked for its latest row.
#[derive(Clone, Debug)]
pub struct FreshnessResult {
    pub unique_id: UniqueId,
    pub outcome: FreshnessOutcome,
    /// 1-based number of the worker.
    pub worker: usize,
    pub elapsed_ms: f64,
    pub adapter_response: JsonMap,
}

#[derive(Clone, Debug)]
pub enum FreshnessOutcome {
    Checked {
        /// `pass`, `warn` or `error`.
        status: &'static str,
        /// Seconds since the epoch.
        max_loaded_at: f64,
        snapshotted_at: f64,
        criteria: Freshness,
    },
    /// The question itself failed.
    Failed { message: String },
}

/// # Errors
/// The file cannot be written; the old one stands then.
pub fn write(path: &Path, metadata: &Metadata, results: &[FreshnessResult], elapsed_ms: f64) -> io::Result<()> {
    write_json(path, &SourcesJson { metadata, results, elapsed_ms })
}

struct SourcesJson<'a> {
    metadata: &'a Metadata,
    results: &'a [FreshnessResult],
    elapsed_ms: f64,
}

impl Serialize for SourcesJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let results: Vec<_> = self.results.iter().map(ResultJson).collect();
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("metadata", &self.metadata.common("sources/v3"))?;
        map.serialize_entry("results", &results)?;
        map.serialize_entry("elapsed_time", &(self.elapsed_ms / 1000.0))?;
        map.end()
    }
}

struct ResultJson<'a>(&'a FreshnessResult);

impl Serialize for ResultJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let result = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("unique_id", &*result.unique_id)?;
        match &result.outcome {
            FreshnessOutcome::Failed { message } => {
                map.serialize_entry("error", message)?;
                map.serialize_entry("status", "runtime error")?;
            }
            FreshnessOutcome::Checked { status, max_loaded_at, snapshotted_at, criteria } => {
                map.serialize_entry("max_loaded_at", &epoch_text(*max_loaded_at))?;
                map.serialize_entry("snapshotted_at", &epoch_text(*snapshotted_at))?;
                map.serialize_entry("max_loaded_at_time_ago_in_s", &(snapshotted_at - max_loaded_at))?;
                map.serialize_entry("status", status)?;
                map.serialize_entry("criteria", &Shape(criteria))?;
                map.serialize_entry("adapter_response", &result.adapter_response)?;
                map.serialize_entry("timing", &[(); 0])?;
                map.serialize_entry("thread_id", &thread_name(result.worker))?;
                map.serialize_entry("execution_time", &(result.elapsed_ms / 1000.0))?;
            }
        }
        map.end()
    }
}
