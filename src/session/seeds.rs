//! The first rows of seeds that were loaded: `seed --show`.

use std::sync::Arc;

use super::attend::attend;
use super::{Exit, Run, Session, warehouse};
use crate::adapter::{self, AdapterError, Fetch, Table};
use crate::event::{Event, NodeStatus};
use crate::report::Reporter;

/// Source: dbt-core 1.12, `SeedTask.show_table`.
const ROWS: usize = 10;

impl Session {
    /// Names and first rows of the seeds that `run` loaded.
    ///
    /// # Errors
    /// The warehouse refuses; it was told.
    pub fn first_rows_of_seeds(&self, run: &Run, reporter: &mut Reporter) -> Result<Vec<(String, Table)>, Exit> {
        let loaded = run
            .results
            .iter()
            .filter(|result| result.node.resource_type == "seed" && result.status == NodeStatus::Success);
        let seeds: Vec<_> =
            loaded.filter_map(|result| Some((result.node.label.clone(), result.node.relation_name.clone()?))).collect();
        let warehouse = self.open_warehouse(reporter)?;
        let read = attend(reporter, |events| {
            let session = adapter::Session::new(Arc::clone(&warehouse), events);
            let rows_of = |(label, relation): (String, String)| {
                let fetch = Fetch::Rows { limit: Some(ROWS) };
                let answer = session.execute(&format!("select * from {relation} limit {ROWS}"), fetch)?;
                Ok((label, answer.table))
            };
            seeds.into_iter().map(rows_of).collect::<Result<Vec<_>, AdapterError>>()
        });
        read.map_err(|error| {
            let problem = warehouse::problem(&self.project.target, &error);
            reporter.tell(&Event::Diagnosed(Box::new(problem)));
            Exit::Failed
        })
    }
}
