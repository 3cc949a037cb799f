//! One worker's way to the warehouse: a connection made on first use, and the relations known so far.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Adapter, AdapterError, Answer, Connection, Fetch, JobContext, LoadRequest, Statement};
use crate::event::{Event, EventSender};
use crate::manifest::{JsonMap, UniqueId};
use crate::relation::{Column, Relation, SchemaName};

/// The warehouse of a run, shared by its workers.
pub struct Warehouse {
    pub adapter: Arc<dyn Adapter>,
    pub cache: RelationCache,
}

impl Warehouse {
    pub fn new(adapter: Arc<dyn Adapter>) -> Arc<Self> {
        Arc::new(Self { adapter, cache: RelationCache::default() })
    }
}

/// What is known to exist, by schema. A schema is listed once, when first asked about; a failed listing is
/// never remembered, so "unknown" cannot turn into "absent".
#[derive(Default)]
pub struct RelationCache {
    schemas: Mutex<HashMap<SchemaName, BTreeMap<String, Relation>>>,
}

impl RelationCache {
    fn lock(&self) -> MutexGuard<'_, HashMap<SchemaName, BTreeMap<String, Relation>>> {
        // A worker that panicked left whole entries behind: each change is one insert or remove.
        self.schemas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Relations of a schema, listed by `list` if they were not yet.
    ///
    /// # Errors
    /// The listing failed.
    pub fn relations(
        &self,
        schema: &SchemaName,
        list: impl FnOnce() -> Result<Vec<Relation>, AdapterError>,
    ) -> Result<Vec<Relation>, AdapterError> {
        let key = cache_key(schema);
        if let Some(known) = self.lock().get(&key) {
            return Ok(known.values().cloned().collect());
        }
        let listed = list()?;
        let mut schemas = self.lock();
        // Another worker may have listed it, and changed it since: what is known stays.
        let known = schemas
            .entry(key)
            .or_insert_with(|| listed.into_iter().map(|relation| (name_of(&relation), relation)).collect());
        Ok(known.values().cloned().collect())
    }

    /// Remembers that a relation was made, if its schema was listed.
    pub fn add(&self, relation: &Relation) {
        if let Some(known) = self.lock().get_mut(&cache_key(&relation.schema_name())) {
            known.insert(name_of(relation), relation.clone());
        }
    }

    pub fn remove(&self, relation: &Relation) {
        if let Some(known) = self.lock().get_mut(&cache_key(&relation.schema_name())) {
            known.remove(&name_of(relation));
        }
    }

    /// A schema that was just made, or dropped: it has no relations.
    pub fn clear_schema(&self, schema: &SchemaName) {
        self.lock().insert(cache_key(schema), BTreeMap::new());
    }

    /// Forgets a schema, so that it is listed again when next asked about.
    pub fn forget_schema(&self, schema: &SchemaName) {
        self.lock().remove(&cache_key(schema));
    }
}

// Letters' case is ignored for look-ups, as dbt's cache does; the relation keeps its own spelling.
fn cache_key(schema: &SchemaName) -> SchemaName {
    SchemaName {
        database: schema.database.as_ref().map(|database| database.to_lowercase()),
        schema: schema.schema.to_lowercase(),
    }
}

fn name_of(relation: &Relation) -> String {
    relation.identifier.as_deref().unwrap_or_default().to_lowercase()
}

/// One worker's session. Methods take `&self`: macros call them from inside a render.
pub struct Session {
    warehouse: Arc<Warehouse>,
    events: EventSender,
    connection: Mutex<Option<Box<dyn Connection>>>,
    job: Mutex<JobContext>,
}

impl Session {
    pub fn new(warehouse: Arc<Warehouse>, events: EventSender) -> Arc<Self> {
        Arc::new(Self { warehouse, events, connection: Mutex::new(None), job: Mutex::new(JobContext::default()) })
    }

    pub fn warehouse(&self) -> &Warehouse {
        &self.warehouse
    }

    /// From now on statements run on behalf of this node.
    pub fn start_job(&self, job: JobContext) {
        *self.job() = job;
    }

    /// The job context of the next statement; counts it.
    pub fn next_job(&self) -> JobContext {
        let mut job = self.job();
        job.sequence += 1;
        job.clone()
    }

    /// # Errors
    /// What the warehouse said.
    pub fn execute(&self, sql: &str, fetch: Fetch) -> Result<Answer, AdapterError> {
        let job = self.next_job();
        self.events.send(Event::Statement { node: job.node.as_deref().map(UniqueId::from), sql: sql.to_string() });
        self.with(|connection| connection.execute(&Statement { sql, fetch, job: &job }))
    }

    /// # Errors
    /// The files or the warehouse refuse; the table is as before.
    pub fn load(&self, request: &LoadRequest) -> Result<Answer, AdapterError> {
        self.with(|connection| connection.load(request))
    }

    /// Whether a relation exists, and as what. `Ok(None)` means the warehouse said it does not.
    ///
    /// # Errors
    /// The listing failed: then nothing is known, and the caller must not go on as if it were absent.
    pub fn relation(&self, schema: &SchemaName, identifier: &str) -> Result<Option<Relation>, AdapterError> {
        let relations = self.relations(schema)?;
        let mut found = relations.into_iter().filter(|relation| name_of(relation) == identifier.to_lowercase());
        Ok(found.next())
    }

    pub fn relations(&self, schema: &SchemaName) -> Result<Vec<Relation>, AdapterError> {
        self.warehouse.cache.relations(schema, || self.with(|connection| connection.relations(schema)))
    }

    pub fn schemas(&self, database: Option<&str>) -> Result<Vec<String>, AdapterError> {
        self.with(|connection| connection.schemas(database))
    }

    pub fn columns(&self, relation: &Relation) -> Result<Vec<Column>, AdapterError> {
        self.with(|connection| connection.columns(relation))
    }

    pub fn describe(&self, relation: &Relation) -> Result<JsonMap, AdapterError> {
        self.with(|connection| connection.describe(relation))
    }

    pub fn patch(&self, relation: &Relation, patch: &JsonMap) -> Result<(), AdapterError> {
        self.with(|connection| connection.patch(relation, patch))
    }

    pub fn copy(&self, from: &[Relation], into: &Relation, is_append: bool) -> Result<Answer, AdapterError> {
        let job = self.next_job();
        self.with(|connection| connection.copy(from, into, &job, is_append))
    }

    /// Drops the connection, and with it a transaction that was left open.
    pub fn disconnect(&self) {
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn job(&self) -> MutexGuard<'_, JobContext> {
        self.job.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<R>(&self, act: impl FnOnce(&mut dyn Connection) -> Result<R, AdapterError>) -> Result<R, AdapterError> {
        let mut slot = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match &mut *slot {
            Some(connection) => connection,
            empty => empty.insert(self.warehouse.adapter.connect()?),
        };
        act(connection.as_mut())
    }
}
