//! Scripts that failed: what their statements had already done decides whether they may run again.

use super::answer::{job_error, number, statement_type};
use super::clock::Signal;
use super::error::ApiError;
use super::jobs::Jobs;
use super::transport::{Call, percent};
use crate::adapter::AdapterError;
use crate::manifest::Json;

impl Jobs {
    /// Why a failed job must not be run again: a script that changed something before it failed.
    pub fn refuse_retry(&self, error: &AdapterError, job: &Json) -> Option<AdapterError> {
        let is_script = statement_type(job) == Some("SCRIPT")
            || number(&job["statistics"]["numChildJobs"]).is_some_and(|count| count > 0);
        if !is_script {
            return None;
        }
        let parent = job["jobReference"]["jobId"].as_str().unwrap_or_default();
        let Ok(children) = self.child_jobs(parent) else {
            return Some(error.clone().help("the script may have done part of its work: look at its child jobs"));
        };
        let done: Vec<_> = children.iter().filter_map(committed).collect();
        if done.is_empty() {
            return None;
        }
        let help = format!("the script had already done: {}; it was not run again", done.join(", "));
        Some(error.clone().help(help))
    }

    /// Children of a script, the first statement first.
    fn child_jobs(&self, parent: &str) -> Result<Vec<Json>, ApiError> {
        let path = format!("/bigquery/v2/projects/{}/jobs", percent(&self.settings.execution_project));
        let mut children = Vec::new();
        let mut page = None;
        loop {
            let call = Call::get(path.clone())
                .query("parentJobId", parent)
                .query("projection", "full")
                .query_if("pageToken", page);
            let body = self.transport.send_retrying(&call, self.read_retry(), &Signal::default())?.json();
            children.extend(body["jobs"].as_array().cloned().unwrap_or_default());
            match body["nextPageToken"].as_str().filter(|token| !token.is_empty()) {
                Some(token) => page = Some(token.to_string()),
                None => break,
            }
        }
        children.sort_by_key(|job| number(&job["statistics"]["startTime"]));
        Ok(children)
    }
}

/// `MERGE`, for a child that ended well and changed something.
fn committed(child: &Json) -> Option<&str> {
    let is_done = child["status"]["state"] == "DONE" && job_error(child).is_none();
    let statement = statement_type(child)?;
    (is_done && !matches!(statement, "SELECT" | "ASSERT" | "DECLARE" | "SET" | "EXPRESSION")).then_some(statement)
}
