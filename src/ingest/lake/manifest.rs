//! The manifest of a dataset in the lake: which load is the current one, and what is known of it.
//!
//! Holds no time: the same input gives the same manifest.

use serde::{Deserialize, Serialize};

use super::Lake;
use crate::diagnostic::Diagnostic;
use crate::event::IngestReport;
use crate::source::Span;

pub const MANIFEST_NAME: &str = "_manifest.json";
/// Raised when a reader of the old form could misread the new one.
const FORMAT: u32 = 1;
/// Loads before the current one whose files stay, for readers that are under way.
const PREVIOUS_LOADS_KEPT: usize = 2;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LakeManifest {
    pub format: u32,
    pub pipeline: String,
    pub load_id: String,
    pub files: Vec<LakeFile>,
    pub quarantine: Vec<LakeFile>,
    /// Names and types of the columns, in order.
    pub columns: Vec<(String, String)>,
    pub schema_hash: String,
    pub fingerprint: String,
    pub source: SourceRecord,
    pub rows_read: u64,
    pub rows_loaded: u64,
    pub rows_dropped: Vec<(String, u64)>,
    pub rows_quarantined: u64,
    pub reasons: Vec<(String, u64)>,
    /// Loads whose files are still there, latest first.
    pub previous: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LakeFile {
    pub name: String,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRecord {
    pub from: String,
    pub bytes: u64,
    pub sha256: String,
}

impl LakeManifest {
    pub const FORMAT: u32 = FORMAT;

    /// The current load of a dataset; `None` when there is none yet. `span` is where the lake is named.
    ///
    /// # Errors
    /// The manifest cannot be read, or not understood: then nothing is known.
    pub fn read(lake: &dyn Lake, span: &Span) -> Result<Option<Self>, Box<Diagnostic>> {
        let unreadable = |error: &dyn std::fmt::Display| {
            let place = lake.address(MANIFEST_NAME);
            let problem = Diagnostic::error("broken-lake", format!("cannot read {place}: {error}"));
            Box::new(problem.at(span.clone(), "the lake"))
        };
        let Some(text) = lake.text(MANIFEST_NAME).map_err(|error| unreadable(&error))? else { return Ok(None) };
        let manifest: Self = serde_json::from_str(&text).map_err(|error| unreadable(&error))?;
        if manifest.format != FORMAT {
            return Err(unreadable(&format!("its format is {}, this tamis knows {FORMAT}", manifest.format)));
        }
        Ok(Some(manifest))
    }

    /// Makes this load the current one, then removes the files of loads nobody can still be reading.
    ///
    /// # Errors
    /// The manifest could not be written: the load before stays the current one.
    pub fn publish(mut self, lake: &dyn Lake, before: Option<&Self>) -> std::io::Result<Self> {
        let earlier = before.filter(|before| before.load_id != self.load_id);
        let mut previous: Vec<String> = earlier.map(|before| before.load_id.clone()).into_iter().collect();
        previous.extend(before.iter().flat_map(|before| before.previous.clone()));
        previous.retain(|id| *id != self.load_id);
        let surplus = previous.split_off(previous.len().min(PREVIOUS_LOADS_KEPT));
        self.previous = previous;
        let mut text = serde_json::to_string_pretty(&self).map_err(std::io::Error::other)?;
        text.push('\n');
        lake.put_text(MANIFEST_NAME, &text)?;
        for name in surplus.iter().flat_map(|id| [data_folder(id), quarantine_folder(id)]) {
            // Left-over files cost space only; the next load tries again.
            for file in lake.list(&name).unwrap_or_default() {
                let _ = lake.remove(&file);
            }
        }
        Ok(self)
    }

    /// The report of a run that found nothing new.
    pub fn unchanged_report(&self, into: String) -> IngestReport {
        IngestReport {
            pipeline: self.pipeline.clone(),
            into,
            rows_read: self.rows_read,
            rows_loaded: self.rows_loaded,
            dropped: self.rows_dropped.clone(),
            rows_quarantined: self.rows_quarantined,
            reasons: self.reasons.clone(),
            bytes: self.source.bytes,
            elapsed_ms: 0.0,
            is_unchanged: true,
            problem: None,
        }
    }
}

pub fn data_folder(load_id: &str) -> String {
    format!("load_id={load_id}")
}

pub fn quarantine_folder(load_id: &str) -> String {
    format!("_quarantine/load_id={load_id}")
}
