//! run_results.json, version 6: how each node went.

use std::io;
use std::path::Path;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::to_writer;

use super::metadata::{Metadata, epoch_text};
use super::pieces::{ITEMS_PER_PIECE, Piece, write_pieces};
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
    write_pieces(path, &pieces(metadata, results, elapsed_ms, args))
}

/// `args` are the arguments of the command, as `invocation_args_dict` has them.
fn pieces<'a>(
    metadata: &'a Metadata,
    results: &'a [Arc<RunResult>],
    elapsed_ms: f64,
    args: &'a JsonMap,
) -> Vec<Piece<'a>> {
    let mut pieces: Vec<Piece<'a>> = vec![Box::new(|| {
        let mut bytes = br#"{"metadata":"#.to_vec();
        to_writer(&mut bytes, &metadata.common("run-results/v6"))?;
        bytes.extend_from_slice(br#","results":["#);
        Ok(bytes)
    })];
    for (index, chunk) in results.chunks(ITEMS_PER_PIECE).enumerate() {
        pieces.push(Box::new(move || {
            let mut bytes = Vec::new();
            for result in chunk {
                if !(index == 0 && bytes.is_empty()) {
                    bytes.push(b',');
                }
                to_writer(&mut bytes, &ResultJson(result))?;
            }
            Ok(bytes)
        }));
    }
    pieces.push(Box::new(move || {
        let mut bytes = br#"],"elapsed_time":"#.to_vec();
        to_writer(&mut bytes, &seconds(elapsed_ms))?;
        bytes.extend_from_slice(br#","args":"#);
        to_writer(&mut bytes, args)?;
        bytes.push(b'}');
        Ok(bytes)
    }));
    pieces
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
