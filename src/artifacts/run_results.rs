//! run_results.json, version 6: how each node went.

use std::io;
use std::path::Path;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::metadata::{Metadata, epoch_text};
use super::write_json;
use crate::event::{RunResult, Timing};
use crate::manifest::{Json, JsonMap};

/// # Errors
/// The file cannot be written; the old one stands then.
pub fn write(
    path: &Path,
    metadata: &Metadata,
    results: &[Arc<RunResult>],
    elapsed_ms: f64,
    args: &JsonMap,
) -> io::Result<()> {
    write_json(path, &RunResultsJson { metadata, results, elapsed_ms, args })
}

/// The serde twin of a run.
pub struct RunResultsJson<'a> {
    pub metadata: &'a Metadata,
    pub results: &'a [Arc<RunResult>],
    pub elapsed_ms: f64,
    /// Arguments of the command, as `invocation_args_dict` has them.
    pub args: &'a JsonMap,
}

impl Serialize for RunResultsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let results: Vec<_> = self.results.iter().map(|result| ResultJson(result)).collect();
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("metadata", &self.metadata.common("run-results/v6"))?;
        map.serialize_entry("results", &results)?;
        map.serialize_entry("elapsed_time", &seconds(self.elapsed_ms))?;
        map.serialize_entry("args", self.args)?;
        map.end()
    }
}

/// One result in the shape of run_results.json; `to_dict()` of a result in `on-run-end` has these keys too.
pub struct ResultJson<'a>(pub &'a RunResult);

impl Serialize for ResultJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let result = self.0;
        let timing: Vec<_> = result.timing.iter().map(TimingJson).collect();
        // Seeds have no code, and so nothing that could be compiled.
        let is_compilable = result.node.resource_type != "seed";
        let mut map = serializer.serialize_map(Some(14))?;
        map.serialize_entry("status", result.status.name())?;
        map.serialize_entry("timing", &timing)?;
        map.serialize_entry("thread_id", &thread_name(result.worker))?;
        map.serialize_entry("execution_time", &seconds(result.elapsed_ms))?;
        map.serialize_entry("adapter_response", &result.adapter_response)?;
        map.serialize_entry("message", &result.message)?;
        map.serialize_entry("failures", &result.failures)?;
        map.serialize_entry("unique_id", &*result.node.unique_id)?;
        map.serialize_entry("compiled", &is_compilable.then_some(result.compiled_code.is_some()))?;
        map.serialize_entry("compiled_code", &result.compiled_code.as_deref().filter(|_| is_compilable))?;
        map.serialize_entry("relation_name", &result.node.relation_name.as_deref().filter(|_| is_compilable))?;
        map.serialize_entry("batch_results", &result.batch_results)?;
        map.serialize_entry("overload_results", &Json::Null)?;
        map.end()
    }
}

/// The name dbt gives to the thread of a worker, counted from 1.
pub fn thread_name(worker: usize) -> String {
    format!("Thread-{worker} (worker)")
}

pub(super) struct TimingJson<'a>(pub &'a Timing);

impl Serialize for TimingJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("name", self.0.name)?;
        map.serialize_entry("started_at", &epoch_text(self.0.started_at))?;
        map.serialize_entry("completed_at", &epoch_text(self.0.completed_at))?;
        map.end()
    }
}

fn seconds(milliseconds: f64) -> f64 {
    milliseconds / 1000.0
}
