//! A warehouse that answers from a script and records what it was asked, in order.
//!
//! For exact tests of scheduler and materializations, and for compiling offline: [`Replay::dry`] knows nothing and
//! answers "nothing there" to every look-up. Understands no SQL.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{
    Adapter, AdapterError, AdapterKind, Answer, Connection, Disposition, ErrorKind, Fetch, JobContext, LoadRequest,
    LoadSource, Response, Statement, Table,
};
use crate::manifest::JsonMap;
use crate::relation::{Column, Relation, SchemaName};

/// Scripted answers. Statements the script does not name succeed with no rows.
#[derive(Default)]
pub struct Script {
    rules: Vec<(Match, Reply)>,
    schemas: BTreeMap<SchemaName, Result<Vec<Relation>, AdapterError>>,
    columns: BTreeMap<String, Vec<Column>>,
    facts: BTreeMap<String, JsonMap>,
}

/// Which statements a rule is for; the first rule that matches answers.
pub enum Match {
    /// The whole statement, blanks around it aside.
    Exact(String),
    Prefix(String),
    Contains(String),
}

type React = dyn Fn(&str) -> Result<Answer, AdapterError> + Send + Sync;

enum Reply {
    Rows(Table),
    Error(AdapterError),
    Call(Box<React>),
}

impl Script {
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn rows(mut self, when: Match, table: Table) -> Self {
        self.rules.push((when, Reply::Rows(table)));
        self
    }

    #[must_use]
    pub fn error(mut self, when: Match, error: AdapterError) -> Self {
        self.rules.push((when, Reply::Error(error)));
        self
    }

    /// Answers by calling `react` with the statement: to wait for another worker, to count, to change its mind.
    #[must_use]
    pub fn call(
        mut self,
        when: Match,
        react: impl Fn(&str) -> Result<Answer, AdapterError> + Send + Sync + 'static,
    ) -> Self {
        self.rules.push((when, Reply::Call(Box::new(react))));
        self
    }

    /// A relation that exists from the start, with its columns.
    #[must_use]
    pub fn relation(mut self, relation: Relation, columns: &[(&str, &str)]) -> Self {
        let column = |&(name, data_type): &(&str, &str)| Column {
            name: name.to_string(),
            data_type: data_type.to_string(),
            is_nullable: true,
        };
        self.columns.insert(key_of(&relation), columns.iter().map(column).collect());
        if let Ok(relations) = self.schemas.entry(relation.schema_name()).or_insert_with(|| Ok(Vec::new())) {
            relations.push(relation);
        }
        self
    }

    /// What `describe` says of a relation: partitioning and clustering, in BigQuery's REST spelling.
    #[must_use]
    pub fn facts(mut self, relation: &Relation, facts: JsonMap) -> Self {
        self.facts.insert(key_of(relation), facts);
        self
    }

    /// Listing this schema fails.
    #[must_use]
    pub fn unlisted(mut self, schema: SchemaName, error: AdapterError) -> Self {
        self.schemas.insert(schema, Err(error));
        self
    }
}

/// Names without quotes and with letters' case dropped: one relation, one key.
fn key_of(relation: &Relation) -> String {
    let parts = [&relation.database, &relation.schema, &relation.identifier];
    parts.into_iter().flatten().map(|part| part.to_lowercase()).collect::<Vec<_>>().join(".")
}

pub struct Replay {
    kind: AdapterKind,
    state: Arc<State>,
}

struct State {
    script: Script,
    records: Mutex<Vec<Record>>,
    cancelled: AtomicU64,
}

struct Record {
    node: Option<String>,
    text: String,
}

impl Replay {
    pub fn new(kind: AdapterKind, script: Script) -> Arc<Self> {
        let state = State { script, records: Mutex::new(Vec::new()), cancelled: AtomicU64::new(0) };
        Arc::new(Self { kind, state: Arc::new(state) })
    }

    /// Nothing exists, every statement succeeds with no rows.
    pub fn dry(kind: AdapterKind) -> Arc<Self> {
        Self::new(kind, Script::new())
    }

    /// Every statement, load, copy and patch so far, in order of arrival.
    pub fn recorded(&self) -> Vec<String> {
        self.state.records().iter().map(|record| record.text.clone()).collect()
    }

    /// The same, for one node only: exact even where workers run side by side.
    pub fn recorded_for(&self, node: &str) -> Vec<String> {
        let records = self.state.records();
        records.iter().filter(|record| record.node.as_deref() == Some(node)).map(|record| record.text.clone()).collect()
    }
}

impl State {
    fn records(&self) -> std::sync::MutexGuard<'_, Vec<Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, node: Option<&String>, text: String) {
        self.records().push(Record { node: node.cloned(), text });
    }

    fn answer(&self, sql: &str) -> Result<Answer, AdapterError> {
        let rule = self.script.rules.iter().find(|(when, _)| match when {
            Match::Exact(text) => sql.trim() == text.trim(),
            Match::Prefix(text) => sql.trim_start().starts_with(text.as_str()),
            Match::Contains(text) => sql.contains(text.as_str()),
        });
        match rule.map(|(_, reply)| reply) {
            None => Ok(ok(Table::default())),
            Some(Reply::Rows(table)) => Ok(ok(table.clone())),
            Some(Reply::Error(error)) => Err(error.clone()),
            Some(Reply::Call(react)) => react(sql),
        }
    }
}

fn ok(table: Table) -> Answer {
    Answer { response: Response { message: "OK".to_string(), ..Response::default() }, table }
}

impl Adapter for Replay {
    fn kind(&self) -> AdapterKind {
        self.kind
    }

    fn has_transactions(&self) -> bool {
        self.kind == AdapterKind::DuckDb
    }

    fn connect(&self) -> Result<Box<dyn Connection>, AdapterError> {
        let born = self.state.cancelled.load(Ordering::SeqCst);
        Ok(Box::new(ReplayConnection { state: Arc::clone(&self.state), born }))
    }

    fn cancel(&self) {
        self.state.cancelled.fetch_add(1, Ordering::SeqCst);
    }
}

struct ReplayConnection {
    state: Arc<State>,
    born: u64,
}

impl ReplayConnection {
    fn check(&self) -> Result<(), AdapterError> {
        if self.state.cancelled.load(Ordering::SeqCst) == self.born {
            return Ok(());
        }
        Err(AdapterError::new(ErrorKind::Cancelled, "the run was cancelled"))
    }
}

impl Connection for ReplayConnection {
    fn execute(&mut self, statement: &Statement<'_>) -> Result<Answer, AdapterError> {
        self.check()?;
        self.state.record(statement.job.node.as_ref(), statement.sql.to_string());
        let mut answer = self.state.answer(statement.sql)?;
        match statement.fetch {
            Fetch::Nothing => answer.table = Table::default(),
            Fetch::Rows { limit } => answer.table.rows.truncate(limit.unwrap_or(usize::MAX)),
        }
        Ok(answer)
    }

    fn schemas(&mut self, database: Option<&str>) -> Result<Vec<String>, AdapterError> {
        self.check()?;
        let schemas = self.state.script.schemas.keys();
        let within = schemas.filter(|schema| database.is_none() || schema.database.as_deref() == database);
        Ok(within.map(|schema| schema.schema.clone()).collect())
    }

    fn relations(&mut self, schema: &SchemaName) -> Result<Vec<Relation>, AdapterError> {
        self.check()?;
        self.state.script.schemas.get(schema).cloned().unwrap_or_else(|| Ok(Vec::new()))
    }

    fn columns(&mut self, relation: &Relation) -> Result<Vec<Column>, AdapterError> {
        self.check()?;
        self.state
            .script
            .columns
            .get(&key_of(relation))
            .cloned()
            .ok_or_else(|| AdapterError::new(ErrorKind::NotFound, format!("`{relation}` does not exist")))
    }

    fn load(&mut self, load: &LoadRequest) -> Result<Answer, AdapterError> {
        self.check()?;
        let text = load_text(load);
        self.state.record(load.job.node.as_ref(), text.clone());
        let answer = self.state.answer(&text)?;
        for statement in &load.together_with {
            self.state.record(load.job.node.as_ref(), statement.clone());
        }
        Ok(answer)
    }

    fn describe(&mut self, relation: &Relation) -> Result<JsonMap, AdapterError> {
        self.check()?;
        Ok(self.state.script.facts.get(&key_of(relation)).cloned().unwrap_or_default())
    }

    fn patch(&mut self, relation: &Relation, patch: &JsonMap) -> Result<(), AdapterError> {
        self.check()?;
        let text = format!("patch {relation} {}", serde_json::Value::Object(patch.clone()));
        self.state.record(None, text.clone());
        self.state.answer(&text).map(|_| ())
    }

    fn copy(
        &mut self,
        from: &[Relation],
        into: &Relation,
        job: &JobContext,
        is_append: bool,
    ) -> Result<Answer, AdapterError> {
        self.check()?;
        let from: Vec<_> = from.iter().map(Relation::to_string).collect();
        let how = if is_append { "append to" } else { "replace" };
        let text = format!("copy {} {how} {into}", from.join(", "));
        self.state.record(job.node.as_ref(), text.clone());
        self.state.answer(&text)
    }
}

/// `load db.s.t (a INT64, b STRING) replace from csv seeds/a.csv`.
fn load_text(load: &LoadRequest) -> String {
    let columns: Vec<_> = load.columns.iter().map(|column| format!("{} {}", column.name, column.data_type)).collect();
    let how = match load.disposition {
        Disposition::Replace => "replace",
        Disposition::Append => "append",
    };
    let mut text = format!("load {} ({}) {how} from ", load.into, columns.join(", "));
    match &load.from {
        LoadSource::Parquet(files) => text.push_str(&files.join(", ")),
        // Only the file's name: where the project lies is not the script's concern.
        LoadSource::Csv { path, .. } => {
            text.push_str(&path.file_name().unwrap_or_default().to_string_lossy());
        }
    }
    if let Some(partition_by) = &load.partition_by {
        let _ = write!(text, " partition by {}", serde_json::Value::Object(partition_by.clone()));
    }
    if !load.cluster_by.is_empty() {
        let _ = write!(text, " cluster by {}", load.cluster_by.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::Cell;
    use crate::relation::Quoting;

    fn relation(name: &str) -> Relation {
        Relation::new(Some("db"), "main", name, Quoting::ALL, '"')
    }

    fn execute(connection: &mut dyn Connection, sql: &str) -> Result<Answer, AdapterError> {
        let job = JobContext { node: Some("model.p.a".into()), ..JobContext::default() };
        connection.execute(&Statement { sql, fetch: Fetch::Rows { limit: None }, job: &job })
    }

    #[test]
    fn statements_are_answered_by_the_first_rule_and_recorded_in_order() {
        let rows = Table { columns: vec!["n".into()], types: vec!["INTEGER".into()], rows: vec![vec![Cell::Int(3)]] };
        let refused = AdapterError::new(ErrorKind::Database, "no");
        let script = Script::new()
            .rows(Match::Prefix("select count".into()), rows.clone())
            .error(Match::Contains("broken".into()), refused.clone());
        let replay = Replay::new(AdapterKind::DuckDb, script);
        let mut connection = replay.connect().unwrap();
        assert_eq!(execute(connection.as_mut(), "select count(*) from a").unwrap().table, rows);
        assert_eq!(execute(connection.as_mut(), "create table broken").err(), Some(refused));
        assert_eq!(execute(connection.as_mut(), "create table b").unwrap().table, Table::default());
        connection.copy(&[relation("a")], &relation("b"), &JobContext::default(), true).unwrap();
        assert_eq!(
            replay.recorded(),
            [
                "select count(*) from a",
                "create table broken",
                "create table b",
                r#"copy "db"."main"."a" append to "db"."main"."b""#,
            ]
        );
        assert_eq!(replay.recorded_for("model.p.a").len(), 3);
    }

    #[test]
    fn a_dry_warehouse_is_empty_and_a_scripted_one_has_what_the_script_says() {
        let schema = relation("a").schema_name();
        let mut dry = Replay::dry(AdapterKind::BigQuery).connect().unwrap();
        assert_eq!(dry.relations(&schema), Ok(vec![]));
        assert_eq!(dry.columns(&relation("a")).map_err(|error| error.kind), Err(ErrorKind::NotFound));

        let script = Script::new().relation(relation("a"), &[("id", "INTEGER")]);
        let mut scripted = Replay::new(AdapterKind::DuckDb, script).connect().unwrap();
        assert_eq!(scripted.relations(&schema), Ok(vec![relation("a")]));
        assert_eq!(scripted.columns(&relation("A")).map(|columns| columns.len()), Ok(1));
    }

    #[test]
    fn after_a_cancel_only_new_connections_answer() {
        let replay = Replay::dry(AdapterKind::DuckDb);
        let mut old = replay.connect().unwrap();
        replay.cancel();
        assert_eq!(execute(old.as_mut(), "select 1").map_err(|error| error.kind).err(), Some(ErrorKind::Cancelled));
        assert!(execute(replay.connect().unwrap().as_mut(), "select 1").is_ok());
    }
}
