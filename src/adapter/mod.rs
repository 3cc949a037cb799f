//! Sessions on warehouses. Everything above sees [`Adapter`], [`Connection`] and [`AdapterError`] only.
//!
//! Holds only what SQL cannot say; what SQL can say is a macro in `macros/`. No Jinja in here.
//! Metadata answers are present, absent or an error: a read that failed never means "absent".

#[cfg(feature = "bigquery")]
pub mod bigquery;
#[cfg(feature = "duckdb")]
pub mod duckdb;
pub mod replay;

mod error;
mod session;
mod table;

pub use error::{AdapterError, ErrorKind};
pub use session::{RelationCache, Session, Warehouse};
pub use table::{Cell, Table};

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::manifest::JsonMap;
pub use crate::relation::AdapterKind;
use crate::relation::{Column, Relation, SchemaName, quoted};

/// A kind of warehouse; one per run, shared by the workers.
pub trait Adapter: Send + Sync {
    fn kind(&self) -> AdapterKind;

    /// # Errors
    /// The warehouse cannot be reached or refuses us.
    fn connect(&self) -> Result<Box<dyn Connection>, AdapterError>;

    /// Whether DDL can be part of a transaction here.
    fn has_transactions(&self) -> bool {
        false
    }

    /// Stops statements that run now: Ctrl-C, `--fail-fast`. Connections made later work again.
    fn cancel(&self);
}

/// One session on a warehouse; one per worker.
pub trait Connection: Send {
    /// Runs one statement, or several separated by `;`; the answer is that of the last.
    ///
    /// # Errors
    /// What the warehouse said, with the byte offset in `statement.sql` where it knows one.
    fn execute(&mut self, statement: &Statement<'_>) -> Result<Answer, AdapterError>;

    /// Schemas (datasets) of a database; `None` is the profile's own.
    fn schemas(&mut self, database: Option<&str>) -> Result<Vec<String>, AdapterError>;

    /// Tables and views of a schema. A schema that does not exist has none; a listing that failed is an error.
    fn relations(&mut self, schema: &SchemaName) -> Result<Vec<Relation>, AdapterError>;

    /// Columns in their order.
    ///
    /// # Errors
    /// `NotFound` when there is no such relation.
    fn columns(&mut self, relation: &Relation) -> Result<Vec<Column>, AdapterError>;

    /// Fills a table from files in one step: readers see the old rows or the new ones, never a part.
    fn load(&mut self, load: &LoadRequest) -> Result<Answer, AdapterError>;

    /// Makes a schema (dataset) unless it is there.
    fn ensure_schema(&mut self, schema: &SchemaName) -> Result<(), AdapterError> {
        let name = [schema.database.as_deref(), Some(schema.schema.as_str())];
        let name = name.into_iter().flatten().map(|part| quoted(part, '"')).collect::<Vec<_>>().join(".");
        let sql = format!("create schema if not exists {name}");
        self.execute(&Statement { sql: &sql, fetch: Fetch::Nothing, job: &JobContext::default() }).map(|_| ())
    }

    /// What the warehouse knows of a relation beyond its columns: partitioning, clustering, description, labels,
    /// row count, in BigQuery's REST spelling. Empty where the warehouse has no such facts.
    fn describe(&mut self, relation: &Relation) -> Result<JsonMap, AdapterError> {
        let _ = relation;
        Ok(JsonMap::new())
    }

    /// Changes metadata that DDL cannot (BigQuery: column descriptions, policy tags, dataset access).
    /// `patch` is in the warehouse's own spelling.
    fn patch(&mut self, relation: &Relation, patch: &JsonMap) -> Result<(), AdapterError> {
        let (_, _) = (relation, patch);
        Ok(())
    }

    /// Copies tables without running SQL (BigQuery copy jobs); the target appears in one step.
    fn copy(
        &mut self,
        from: &[Relation],
        into: &Relation,
        job: &JobContext,
        is_append: bool,
    ) -> Result<Answer, AdapterError> {
        let (_, _, _, _) = (from, into, job, is_append);
        Err(AdapterError::new(ErrorKind::Unsupported, "this warehouse has no copy jobs"))
    }
}

/// One piece of SQL to run, and on whose behalf.
#[derive(Clone, Copy)]
pub struct Statement<'a> {
    pub sql: &'a str,
    pub fetch: Fetch,
    pub job: &'a JobContext,
}

/// How many rows are wanted back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetch {
    Nothing,
    Rows { limit: Option<usize> },
}

/// On whose behalf a statement runs. BigQuery derives job ids, labels and caps from it.
#[derive(Clone, Debug, Default)]
pub struct JobContext {
    pub invocation_id: String,
    /// Unique id of the node, if there is one.
    pub node: Option<String>,
    /// Counts statements of the node, so that each job has its own id.
    pub sequence: u64,
    pub labels: BTreeMap<String, String>,
    /// Overrides of the profile's caps, from the node's config.
    pub maximum_bytes_billed: Option<i64>,
    pub timeout_seconds: Option<u64>,
    pub priority: Option<String>,
    pub reservation: Option<String>,
    /// The session has begun a transaction, and will end it: a load joins it.
    pub is_in_transaction: bool,
    /// What the project has written beside each statement.
    pub comment: Option<Comment>,
}

/// A comment beside a statement: before it, or after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Without its marks, and without `*/`.
    pub text: String,
    pub is_appended: bool,
}

impl Comment {
    /// The statement with its comment, and how far the comment moves it.
    fn beside(&self, sql: &str) -> (String, usize) {
        if self.is_appended {
            let sql = sql.trim_end();
            return (
                match sql.strip_suffix(';') {
                    Some(open) => format!("{open}\n/* {} */;", self.text),
                    None => format!("{sql}\n/* {} */", self.text),
                },
                0,
            );
        }
        let before = format!("/* {} */\n", self.text);
        (format!("{before}{sql}"), before.len())
    }
}

/// What came back.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub response: Response,
    /// Empty unless rows were asked for.
    pub table: Table,
}

/// Facts of a finished statement; goes into `adapter_response` of run_results.json.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// `OK`, `CREATE TABLE (3.0 rows, 1.2 KiB processed)`.
    pub message: String,
    pub code: Option<String>,
    pub rows_affected: Option<i64>,
    pub bytes_processed: Option<i64>,
    pub bytes_billed: Option<i64>,
    pub slot_ms: Option<i64>,
    pub job_id: Option<String>,
    pub project_id: Option<String>,
    pub location: Option<String>,
}

/// Files that become a table.
#[derive(Clone, Debug)]
pub struct LoadRequest {
    pub into: Relation,
    pub from: LoadSource,
    /// Columns of the table, in order, in the warehouse's own types. Never guessed from the data.
    pub columns: Vec<Column>,
    pub disposition: Disposition,
    /// dbt's `partition_by` object (`field`, `data_type`, `granularity`), where the warehouse partitions.
    pub partition_by: Option<JsonMap>,
    pub cluster_by: Vec<String>,
    pub labels: BTreeMap<String, String>,
    pub description: Option<String>,
    /// SQL to run in the same transaction as the load, where the warehouse has transactions: the load record.
    pub together_with: Vec<String>,
    pub job: JobContext,
}

#[derive(Clone, Debug)]
pub enum LoadSource {
    /// Parquet files: local paths, or `gs://` addresses on BigQuery.
    Parquet(Vec<String>),
    /// One local CSV file with a header line.
    Csv { path: PathBuf, delimiter: char },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    Replace,
    Append,
}
