//! sources.json: what `source freshness` found.

use std::sync::{Arc, PoisonError};

use super::{Exit, Session};
use crate::artifacts::Metadata;
use crate::artifacts::freshness::{self, FreshnessResult};
use crate::event::RunResult;
use crate::execute::NodeRunner;
use crate::report::Reporter;

impl Session {
    pub(super) fn write_ages(
        &self,
        results: &[Arc<RunResult>],
        runner: &NodeRunner,
        elapsed_ms: f64,
        reporter: &mut Reporter,
    ) -> Result<(), Exit> {
        let ages = runner.ages.lock().unwrap_or_else(PoisonError::into_inner);
        let told = results.iter().filter_map(|result| {
            let id = &result.node.unique_id;
            let age = ages.get(id)?;
            Some(FreshnessResult {
                unique_id: id.clone(),
                status: result.status.name(),
                max_loaded_at: age.max_loaded_at,
                snapshotted_at: age.snapshotted_at,
                criteria: self.manifest.sources.get(id)?.freshness.clone().unwrap_or_default(),
                timing: result.timing.clone(),
                worker: result.worker,
                elapsed_ms: result.elapsed_ms,
                adapter_response: result.adapter_response.clone(),
            })
        });
        let told: Vec<_> = told.collect();
        let own = || self.project.target_path.join("sources.json");
        let path = self.settings.sources_path.clone().unwrap_or_else(own);
        let written = freshness::write(&path, &Metadata::of(&self.project), &told, elapsed_ms);
        self.wrote(&path, written, reporter)
    }
}
