//! sources.json, version 3: how fresh each source was found.

use std::io;
use std::path::Path;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::metadata::{Metadata, moment_text};
use super::run_results::{TimingJson, thread_name};
use super::write_json;
use crate::event::Timing;
use crate::manifest::shape::Shape;
use crate::manifest::{Freshness, JsonMap, UniqueId};

/// One source that told when it was last loaded. As in dbt, those that could not tell are left out of the file.
#[derive(Clone, Debug)]
pub struct FreshnessResult {
    pub unique_id: UniqueId,
    /// `pass`, `warn` or `error`.
    pub status: &'static str,
    /// Seconds since the epoch.
    pub max_loaded_at: f64,
    pub snapshotted_at: f64,
    pub criteria: Freshness,
    pub timing: Vec<Timing>,
    /// 1-based number of the worker.
    pub worker: usize,
    pub elapsed_ms: f64,
    pub adapter_response: JsonMap,
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
        let timing: Vec<_> = result.timing.iter().map(TimingJson).collect();
        let mut map = serializer.serialize_map(Some(10))?;
        map.serialize_entry("unique_id", &*result.unique_id)?;
        map.serialize_entry("max_loaded_at", &moment_text(result.max_loaded_at))?;
        map.serialize_entry("snapshotted_at", &moment_text(result.snapshotted_at))?;
        map.serialize_entry("max_loaded_at_time_ago_in_s", &(result.snapshotted_at - result.max_loaded_at))?;
        map.serialize_entry("status", result.status)?;
        map.serialize_entry("criteria", &Shape(&result.criteria))?;
        map.serialize_entry("adapter_response", &result.adapter_response)?;
        map.serialize_entry("timing", &timing)?;
        map.serialize_entry("thread_id", &thread_name(result.worker))?;
        map.serialize_entry("execution_time", &(result.elapsed_ms / 1000.0))?;
        map.end()
    }
}
