//! One worker's way to the warehouse: a connection made on first use, and the relations known so far.
//!
//! Knows no SQL: `begin`, `commit` and `rollback` are statements like any other, sent by macros. After an error the
//! connection itself has rolled back, so the next statement starts afresh.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Adapter, AdapterError, Answer, Connection, Fetch, JobContext, LoadRequest, Statement};
use std::time::Instant;

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

    /// Moves a relation to another name; what had that name before is gone.
    pub fn rename(&self, from: &Relation, to: &Relation) {
        let kind = self.lock().get(&cache_key(&from.schema_name())).and_then(|known| known.get(&name_of(from))?.kind);
        self.remove(from);
        self.add(&Relation { kind: to.kind.or(kind).or(from.kind), ..to.clone() });
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
    has_transaction: AtomicBool,
}

impl Session {
    pub fn new(warehouse: Arc<Warehouse>, events: EventSender) -> Arc<Self> {
        Arc::new(Self {
            warehouse,
            events,
            connection: Mutex::new(None),
            job: Mutex::new(JobContext::default()),
            has_transaction: AtomicBool::new(false),
        })
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

    /// Runs SQL on behalf of the current node, and tells that it did.
    ///
    /// # Errors
    /// What the warehouse said.
    pub fn execute(&self, sql: &str, fetch: Fetch) -> Result<Answer, AdapterError> {
        let job = self.next_job();
        let Some(comment) = &job.comment else { return self.send(sql, fetch, &job) };
        let (commented, moved_by) = comment.beside(sql);
        self.send(&commented, fetch, &job).map_err(|error| {
            let offset = error.offset.map(|offset| offset.saturating_sub(moved_by));
            AdapterError { offset, ..error }
        })
    }

    /// Begins, commits or rolls back.
    fn control(&self, sql: &str) -> Result<(), AdapterError> {
        let job = self.next_job();
        self.send(sql, Fetch::Nothing, &job).map(|_| ())
    }

    fn send(&self, sql: &str, fetch: Fetch, job: &JobContext) -> Result<Answer, AdapterError> {
        let node = job.node.as_deref().map(UniqueId::from);
        self.events.send(Event::Statement { node: node.clone(), sql: sql.to_string() });
        let started = Instant::now();
        let answer = self.with(|connection| connection.execute(&Statement { sql, fetch, job }));
        self.events.send(Event::StatementFinished {
            node,
            elapsed_ms: started.elapsed().as_secs_f64() * 1e3,
            job_id: answer.as_ref().ok().and_then(|answer| answer.response.job_id.clone()),
            error: answer.as_ref().err().map(|error| error.message.clone()),
        });
        if answer.is_err() {
            // The adapter has rolled back.
            self.has_transaction.store(false, Ordering::Relaxed);
        }
        answer
    }

    /// Begins a transaction unless one is open; a warehouse without transactions has nothing to begin.
    ///
    /// # Errors
    /// What the warehouse said.
    pub fn begin(&self) -> Result<(), AdapterError> {
        if !self.warehouse.adapter.has_transactions() || self.has_transaction.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.control("begin transaction")?;
        self.has_transaction.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Commits the open transaction, if there is one.
    ///
    /// # Errors
    /// What the warehouse said; then nothing of the transaction was kept.
    pub fn commit(&self) -> Result<(), AdapterError> {
        if self.has_transaction.swap(false, Ordering::Relaxed) {
            self.control("commit")?;
        }
        Ok(())
    }

    /// Ends a node: what it left uncommitted is taken back.
    pub fn roll_back(&self) {
        if self.has_transaction.swap(false, Ordering::Relaxed) && self.control("rollback").is_err() {
            // A connection that cannot roll back is dropped, and its transaction with it.
            self.disconnect();
        }
    }

    /// Fills a table from files in one step.
    ///
    /// # Errors
    /// The files or the warehouse refuse; the table is as before.
    pub fn load(&self, request: &LoadRequest) -> Result<Answer, AdapterError> {
        let mut request = request.clone();
        request.job.is_in_transaction = self.has_transaction.load(Ordering::Relaxed);
        let answer = self.with(|connection| connection.load(&request));
        if answer.is_err() {
            self.has_transaction.store(false, Ordering::Relaxed);
        }
        answer
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

    /// Relations of a schema, listed once per run.
    ///
    /// # Errors
    /// The listing failed; nothing is remembered of it.
    pub fn relations(&self, schema: &SchemaName) -> Result<Vec<Relation>, AdapterError> {
        self.warehouse.cache.relations(schema, || self.with(|connection| connection.relations(schema)))
    }

    pub fn schemas(&self, database: Option<&str>) -> Result<Vec<String>, AdapterError> {
        self.with(|connection| connection.schemas(database))
    }

    /// Makes a schema unless it is there.
    pub fn ensure_schema(&self, schema: &SchemaName) -> Result<(), AdapterError> {
        self.with(|connection| connection.ensure_schema(schema))
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::adapter::ErrorKind;
    use crate::adapter::replay::{Match, Replay, Script};
    use crate::relation::{AdapterKind, Quoting, RelationKind};

    fn relation(name: &str) -> Relation {
        Relation::new(Some("db"), "main", name, Quoting::ALL, '"').with_kind(RelationKind::Table)
    }

    fn names(relations: &[Relation]) -> Vec<&str> {
        relations.iter().filter_map(|relation| relation.identifier.as_deref()).collect()
    }

    #[test]
    fn a_failed_listing_is_never_remembered() {
        let cache = RelationCache::default();
        let schema = relation("a").schema_name();
        let failure = AdapterError::new(ErrorKind::Transient, "503");
        assert_eq!(cache.relations(&schema, || Err(failure.clone())), Err(failure));
        // What was made meanwhile does not turn "unknown" into "this is all there is".
        cache.add(&relation("made"));
        let listed = cache.relations(&schema, || Ok(vec![relation("a"), relation("made")])).unwrap();
        assert_eq!(names(&listed), ["a", "made"]);
    }

    #[test]
    fn a_schema_is_listed_once_and_then_follows_what_is_done_to_it() {
        let cache = RelationCache::default();
        let schema = relation("a").schema_name();
        let listings = AtomicUsize::new(0);
        let list = || {
            listings.fetch_add(1, Ordering::Relaxed);
            Ok(vec![relation("a"), relation("B")])
        };
        cache.relations(&schema, list).unwrap();
        cache.rename(&relation("b"), &Relation { kind: None, ..relation("c") });
        cache.remove(&relation("A"));
        cache.add(&relation("d"));
        let loud = SchemaName { database: Some("DB".into()), schema: "MAIN".into() };
        let known = cache.relations(&loud, list).unwrap();
        assert_eq!(names(&known), ["c", "d"]);
        assert_eq!(known[0].kind, Some(RelationKind::Table));
        assert_eq!(listings.load(Ordering::Relaxed), 1);
        cache.forget_schema(&schema);
        assert_eq!(names(&cache.relations(&schema, list).unwrap()), ["a", "B"]);
        cache.clear_schema(&schema);
        assert!(cache.relations(&schema, list).unwrap().is_empty());
    }

    #[test]
    fn a_session_tells_unknown_from_absent() {
        let schema = relation("a").schema_name();
        let other = SchemaName { schema: "other".into(), ..schema.clone() };
        let script = Script::new()
            .relation(relation("a"), &[])
            .unlisted(other.clone(), AdapterError::new(ErrorKind::Transient, "503"));
        let session = Session::new(Warehouse::new(Replay::new(AdapterKind::DuckDb, script)), EventSender::silent());
        assert_eq!(session.relation(&schema, "A"), Ok(Some(relation("a"))));
        assert_eq!(session.relation(&schema, "b"), Ok(None));
        assert_eq!(session.relation(&other, "a").map_err(|error| error.kind), Err(ErrorKind::Transient));
    }

    #[test]
    fn statements_carry_the_node_and_their_number() {
        let replay = Replay::new(
            AdapterKind::DuckDb,
            Script::new().error(Match::Exact("bad".into()), AdapterError::new(ErrorKind::Database, "no")),
        );
        let session = Session::new(Warehouse::new(replay.clone()), EventSender::silent());
        session.start_job(JobContext { node: Some("model.p.a".into()), ..JobContext::default() });
        assert!(session.execute("bad", Fetch::Nothing).is_err());
        assert!(session.execute("good", Fetch::Nothing).is_ok());
        assert_eq!(replay.recorded_for("model.p.a"), ["bad", "good"]);
        assert_eq!(session.next_job().sequence, 3);
    }
}
