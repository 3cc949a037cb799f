//! Files into tables: load jobs from a bucket or from this machine.
//!
//! BigQuery has no transaction that holds a load job. The load itself is one step; the statements that are to
//! run "together with" it run right after, as one script, and their failure is told although the table is new.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::answer::response;
use super::error::plain;
use super::jobs::{Jobs, Order};
use super::request::Work;
use super::upload::{Content, Measured};
use crate::adapter::{AdapterError, Answer, Disposition, ErrorKind, Fetch, JobContext, LoadRequest, LoadSource};
use crate::manifest::{Json, JsonMap};
use crate::relation::Relation;

impl Jobs {
    /// # Errors
    /// The files or BigQuery refuse; the table is as before, unless the message says that only the statements
    /// after the load failed.
    pub fn load(&self, request: &LoadRequest) -> Result<Answer, AdapterError> {
        let answer = match sources(request)? {
            Sources::Bucket(uris) => self.load_uris(request, &request.into, request.disposition, &uris)?,
            Sources::Local(paths) if paths.len() == 1 => {
                self.load_file(request, &request.into, request.disposition, paths[0])?
            }
            Sources::Local(paths) => self.load_files(request, &paths)?,
        };
        self.describe_loaded(request)?;
        self.run_together(request)?;
        Ok(answer)
    }

    /// # Errors
    /// BigQuery refuses; the target is as before.
    pub fn copy(
        &self,
        from: &[Relation],
        into: &Relation,
        context: &JobContext,
        is_append: bool,
    ) -> Result<Answer, AdapterError> {
        let work = Work::Copy { from, into, is_append };
        let finished = self.run(&Order { work, context, fetch: Fetch::Nothing, content: None })?;
        Ok(Answer { response: response(&finished.job, None), table: finished.table })
    }

    fn load_uris(
        &self,
        request: &LoadRequest,
        into: &Relation,
        disposition: Disposition,
        uris: &[String],
    ) -> Result<Answer, AdapterError> {
        let work = Work::Load { request, into, disposition, uris };
        let finished = self.run(&Order { work, context: &request.job, fetch: Fetch::Nothing, content: None })?;
        Ok(Answer { response: response(&finished.job, None), table: finished.table })
    }

    fn load_file(
        &self,
        request: &LoadRequest,
        into: &Relation,
        disposition: Disposition,
        path: &Path,
    ) -> Result<Answer, AdapterError> {
        let content = Measured::new(Content::File(path)).map_err(|error| {
            AdapterError::new(ErrorKind::Database, format!("cannot read `{}`: {}", path.display(), plain(&error)))
        })?;
        let work = Work::Load { request, into, disposition, uris: &[] };
        let finished =
            self.run(&Order { work, context: &request.job, fetch: Fetch::Nothing, content: Some(&content) })?;
        Ok(Answer { response: response(&finished.job, None), table: finished.table })
    }

    /// One job takes one upload, so several files meet in a table of their own first; a copy job then puts them in
    /// their place in one step.
    fn load_files(&self, request: &LoadRequest, paths: &[&Path]) -> Result<Answer, AdapterError> {
        let staging = staging_table(request);
        let loaded = self.fill_staging(request, &staging, paths).and_then(|(rows, bytes)| {
            let is_append = request.disposition == Disposition::Append;
            let mut answer = self.copy(std::slice::from_ref(&staging), &request.into, &request.job, is_append)?;
            answer.response.rows_affected = Some(rows);
            answer.response.bytes_processed = Some(bytes);
            answer.response.message = format!("LOAD ({} files, {rows} rows)", paths.len());
            answer.response.code = Some("LOAD".to_string());
            Ok(answer)
        });
        let dropped = self.delete_table(&staging);
        let answer = loaded?;
        dropped?;
        Ok(answer)
    }

    fn fill_staging(
        &self,
        request: &LoadRequest,
        staging: &Relation,
        paths: &[&Path],
    ) -> Result<(i64, i64), AdapterError> {
        let (mut rows, mut bytes) = (0, 0);
        let mut disposition = Disposition::Replace;
        for path in paths {
            let response = self.load_file(request, staging, disposition, path)?.response;
            rows += response.rows_affected.unwrap_or(0);
            bytes += response.bytes_processed.unwrap_or(0);
            disposition = Disposition::Append;
        }
        Ok((rows, bytes))
    }

    /// Description and labels: a load job sets them only on a table that it makes, so they are laid over after.
    fn describe_loaded(&self, request: &LoadRequest) -> Result<(), AdapterError> {
        let mut patch = JsonMap::new();
        if let Some(description) = &request.description {
            patch.insert("description".to_string(), description.as_str().into());
        }
        if !request.labels.is_empty() {
            let labels = request.labels.iter().map(|(key, value)| (key.clone(), Json::from(value.as_str())));
            patch.insert("labels".to_string(), Json::Object(labels.collect()));
        }
        if patch.is_empty() { Ok(()) } else { self.patch(&request.into, &patch) }
    }

    fn run_together(&self, request: &LoadRequest) -> Result<(), AdapterError> {
        if request.together_with.is_empty() {
            return Ok(());
        }
        let statements: Vec<_> = request.together_with.iter().map(|sql| sql.trim().trim_end_matches(';')).collect();
        let sql = format!("{};", statements.join(";\n"));
        let order =
            Order { work: Work::Query { sql: &sql }, context: &request.job, fetch: Fetch::Nothing, content: None };
        self.run(&order).map(|_| ()).map_err(|error| AdapterError {
            message: format!(
                "{} was loaded, but the statements after the load failed: {}",
                request.into, error.message
            ),
            offset: None,
            ..error
        })
    }
}

enum Sources<'a> {
    Bucket(Vec<String>),
    Local(Vec<&'a Path>),
}

fn sources(request: &LoadRequest) -> Result<Sources<'_>, AdapterError> {
    let files = match &request.from {
        LoadSource::Csv { path, .. } => return Ok(Sources::Local(vec![path])),
        LoadSource::Parquet(files) => files,
    };
    if files.is_empty() {
        return Err(AdapterError::new(
            ErrorKind::Database,
            format!("there are no files to load into {}", request.into),
        ));
    }
    let remote = files.iter().filter(|file| file.starts_with("gs://")).count();
    match remote {
        0 => Ok(Sources::Local(files.iter().map(Path::new).collect())),
        all if all == files.len() => Ok(Sources::Bucket(files.clone())),
        _ => Err(AdapterError::new(
            ErrorKind::Unsupported,
            "files of a bucket and files of this machine cannot be loaded together",
        )
        .help("put all files of one load in the bucket")),
    }
}

/// A name beside the target's that no other load uses.
fn staging_table(request: &LoadRequest) -> Relation {
    let mut hasher = Sha256::new();
    hasher.update(&request.job.invocation_id);
    hasher.update(request.job.sequence.to_be_bytes());
    hasher.update(request.into.to_string());
    let digest: String = hasher.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    request.into.with_identifier(format!("{}__load_{digest}", request.into.identifier.as_deref().unwrap_or_default()))
}
