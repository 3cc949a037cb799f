//! BigQuery and Cloud Storage: the adapter for production.
//!
//! [`transport`] is the only way out; [`jobs`] runs whatever takes time; [`metadata`] answers what exists.
//! Differences from a transactional warehouse that the rooms above should know: DDL and load jobs commit one by
//! one, so `together_with` of a load runs after it, as one script; and there is no swap of two tables.

pub mod clock;
pub mod settings;
pub mod storage;

mod answer;
mod auth;
mod error;
mod jobs;
mod load;
mod metadata;
mod request;
mod rows;
mod schema;
mod script;
mod transport;
mod upload;

use std::sync::Arc;

use self::answer::{response, statement_type};
use self::auth::Tokens;
use self::clock::{Clock, SystemClock};
use self::jobs::{Jobs, Order};
use self::request::Work;
use self::settings::{Environment, Settings};
use self::transport::{Transport, TransportParts};
use super::{Adapter, AdapterError, Answer, Connection, JobContext, LoadRequest, Statement};
use crate::manifest::JsonMap;
use crate::project::{Invocation, Target};
use crate::relation::{AdapterKind, Column, Relation, SchemaName};

/// BigQuery as a target of profiles.yml describes it.
pub struct BigQuery {
    jobs: Arc<Jobs>,
}

impl BigQuery {
    /// Reads the target and its key file; sends nothing yet.
    ///
    /// # Errors
    /// A key of the target that cannot be used, by name.
    pub fn open(target: &Target, invocation: &Invocation) -> Result<Arc<dyn Adapter>, AdapterError> {
        Self::open_with(target, invocation, &Environment::from_process(), Arc::new(SystemClock::default()))
    }

    /// [`Self::open`] with the environment and the clock handed in.
    ///
    /// # Errors
    /// A key of the target that cannot be used, by name.
    pub fn open_with(
        target: &Target,
        invocation: &Invocation,
        environment: &Environment,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<dyn Adapter>, AdapterError> {
        let settings = Settings::read(target, environment)?;
        let tokens = if settings.is_emulator {
            Tokens::emulator()
        } else {
            Tokens::from_profile(&target.settings, environment)?
        };
        let transport = Transport::new(TransportParts {
            base: settings.bigquery_base.clone(),
            tokens,
            clock,
            seed: invocation.id.clone(),
            quota_project: settings.quota_project.clone(),
        });
        Ok(Arc::new(Self { jobs: Arc::new(Jobs::new(settings, transport, invocation.id.clone())) }))
    }
}

impl Adapter for BigQuery {
    fn kind(&self) -> AdapterKind {
        AdapterKind::BigQuery
    }

    // Every request stands for itself: a connection is a name for "one worker", and costs nothing.
    fn connect(&self) -> Result<Box<dyn Connection>, AdapterError> {
        Ok(Box::new(BigQueryConnection { jobs: Arc::clone(&self.jobs) }))
    }

    fn cancel(&self) {
        self.jobs.cancel_all();
    }
}

struct BigQueryConnection {
    jobs: Arc<Jobs>,
}

impl Connection for BigQueryConnection {
    fn execute(&mut self, statement: &Statement<'_>) -> Result<Answer, AdapterError> {
        let work = Work::Query { sql: statement.sql };
        let finished = self.jobs.run(&Order { work, context: statement.job, fetch: statement.fetch, content: None })?;
        let job = &finished.job;
        let row_count = match statement_type(job) {
            Some("SELECT") => finished.total_rows,
            Some("CREATE_TABLE_AS_SELECT") => {
                let made = &job["statistics"]["query"]["ddlTargetTable"];
                let made = if made.is_object() { made } else { &job["configuration"]["query"]["destinationTable"] };
                self.jobs.row_count(made)
            }
            // DML counts in its own statistics; scripts and other DDL have no count.
            Some(_) | None => None,
        };
        Ok(Answer { response: response(job, row_count), table: finished.table })
    }

    fn schemas(&mut self, database: Option<&str>) -> Result<Vec<String>, AdapterError> {
        self.jobs.datasets(database)
    }

    fn relations(&mut self, schema: &SchemaName) -> Result<Vec<Relation>, AdapterError> {
        self.jobs.relations(schema)
    }

    fn columns(&mut self, relation: &Relation) -> Result<Vec<Column>, AdapterError> {
        self.jobs.columns(relation)
    }

    fn load(&mut self, load: &LoadRequest) -> Result<Answer, AdapterError> {
        self.jobs.load(load)
    }

    fn ensure_schema(&mut self, schema: &SchemaName) -> Result<(), AdapterError> {
        self.jobs.ensure_dataset(schema)
    }

    fn describe(&mut self, relation: &Relation) -> Result<JsonMap, AdapterError> {
        self.jobs.describe(relation)
    }

    fn patch(&mut self, relation: &Relation, patch: &JsonMap) -> Result<(), AdapterError> {
        self.jobs.patch(relation, patch)
    }

    fn copy(
        &mut self,
        from: &[Relation],
        into: &Relation,
        job: &JobContext,
        is_append: bool,
    ) -> Result<Answer, AdapterError> {
        self.jobs.copy(from, into, job, is_append)
    }
}
