//! One worker's connection: runs statements, answers what exists.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::duckdb::{Connection as RawConnection, Error as RawError};

use super::cell::Decoder;
use super::{Running, error, load};
use crate::adapter::{
    AdapterError, Answer, Cell, Connection, ErrorKind, Fetch, LoadRequest, Response, Statement, Table,
};
use crate::relation::{Column, Quoting, Relation, RelationKind, SchemaName};

pub(super) struct DuckDbConnection {
    raw: RawConnection,
    running: Arc<Running>,
    /// Calls of `cancel` so far, and how many there were when this connection was made.
    generation: Arc<AtomicU64>,
    born: u64,
}

impl DuckDbConnection {
    pub fn new(raw: RawConnection, running: Arc<Running>, generation: Arc<AtomicU64>, born: u64) -> Self {
        Self { raw, running, generation, born }
    }

    /// Runs `act` as something that `cancel` can stop. After an error no transaction stays open: DuckDB would answer
    /// every later statement with "current transaction is aborted".
    fn guarded<R>(&self, act: impl FnOnce(&RawConnection) -> Result<R, AdapterError>) -> Result<R, AdapterError> {
        // The mark comes before the check, so that a `cancel` in between sees a statement to interrupt.
        self.running.has_statement.store(true, Ordering::SeqCst);
        let result = if self.generation.load(Ordering::SeqCst) == self.born {
            act(&self.raw)
        } else {
            Err(AdapterError::new(ErrorKind::Cancelled, "the run was cancelled"))
        };
        self.running.has_statement.store(false, Ordering::SeqCst);
        if result.is_err() {
            // Fails when there is none.
            let _ = self.raw.execute_batch("rollback");
        }
        result
    }

    /// Rows of a small query of ours.
    fn ask(&self, sql: &str) -> Result<Vec<Vec<Cell>>, AdapterError> {
        self.guarded(|raw| run(raw, sql, Fetch::Rows { limit: None })).map(|answer| answer.table.rows)
    }
}

/// Runs every statement of `sql`; the answer is that of the last. DuckDB splits, and tells errors with their place
/// in the whole text.
pub(super) fn run(raw: &RawConnection, sql: &str, fetch: Fetch) -> Result<Answer, AdapterError> {
    run_raw(raw, sql, fetch).map_err(|error| error::of_statement(&error, sql))
}

pub(super) fn run_raw(raw: &RawConnection, sql: &str, fetch: Fetch) -> Result<Answer, RawError> {
    let mut statement = match raw.prepare(sql) {
        Ok(statement) => statement,
        // Nothing but blanks and comments: DuckDB finds no statement, and no words for it.
        Err(RawError::DuckDBFailure(_, None)) => return Ok(ok(None, Table::default())),
        Err(error) => return Err(error),
    };
    let changed = statement.raw_execute()?;
    let schema = statement.schema();
    let decoders: Vec<Decoder> = schema
        .fields()
        .iter()
        .enumerate()
        .map(|(index, field)| Decoder::new(&statement.column_logical_type(index), field.data_type()))
        .collect();
    // What changes rows answers with one column of this name.
    let is_count = schema.fields().len() == 1 && schema.field(0).name() == "Count";
    let wanted = match fetch {
        Fetch::Nothing if is_count => 1,
        Fetch::Nothing => 0,
        Fetch::Rows { limit } => limit.unwrap_or(usize::MAX),
    };
    let mut rows = Vec::new();
    while rows.len() < wanted {
        let Some(chunk) = statement.step()? else { break };
        for row in 0..chunk.columns().first().map_or(0, |column| column.len()).min(wanted - rows.len()) {
            rows.push(
                decoders.iter().zip(chunk.columns()).map(|(decoder, column)| decoder.cell(column, row)).collect(),
            );
        }
    }
    let affected = match fetch {
        _ if changed > 0 => Some(changed as i64),
        Fetch::Nothing => rows.first().and_then(|row: &Vec<Cell>| row.first()).and_then(Cell::as_i64),
        Fetch::Rows { .. } => None,
    };
    let table = match fetch {
        Fetch::Nothing => Table::default(),
        Fetch::Rows { .. } => Table {
            columns: schema.fields().iter().map(|field| field.name().clone()).collect(),
            types: decoders.iter().map(|decoder| decoder.type_name.clone()).collect(),
            rows,
        },
    };
    Ok(ok(affected, table))
}

pub(super) fn ok(rows_affected: Option<i64>, table: Table) -> Answer {
    Answer { response: Response { message: "OK".to_string(), rows_affected, ..Response::default() }, table }
}

/// A condition on the database a listing is restricted to.
fn in_database(column: &str, database: Option<&str>) -> String {
    match database {
        Some(database) => format!("lower({column}) = lower({})", super::profile::literal(database)),
        None => format!("{column} = current_database()"),
    }
}

fn texts(row: Vec<Cell>) -> Vec<String> {
    row.iter().map(Cell::text).collect()
}

impl Connection for DuckDbConnection {
    fn execute(&mut self, statement: &Statement<'_>) -> Result<Answer, AdapterError> {
        // DuckDB takes texts that end at their first zero byte.
        if let Some(zero) = statement.sql.find('\0') {
            let error = AdapterError::new(ErrorKind::Database, "a zero byte cannot stand in a statement");
            return Err(error.at(Some(zero)).help("take the byte out: it is not text"));
        }
        self.guarded(|raw| run(raw, statement.sql, statement.fetch))
    }

    fn schemas(&mut self, database: Option<&str>) -> Result<Vec<String>, AdapterError> {
        let rows = self.ask(&format!(
            "select schema_name from duckdb_schemas() where {} order by schema_name",
            in_database("database_name", database),
        ))?;
        Ok(rows.into_iter().flat_map(texts).collect())
    }

    fn relations(&mut self, schema: &SchemaName) -> Result<Vec<Relation>, AdapterError> {
        let within = format!(
            "{} and lower(schema_name) = lower({})",
            in_database("database_name", schema.database.as_deref()),
            super::profile::literal(&schema.schema),
        );
        let rows = self.ask(&format!(
            "select database_name, schema_name, table_name, 'table' as kind from duckdb_tables() where {within}
             union all
             select database_name, schema_name, view_name, 'view' from duckdb_views() where not internal and {within}
             order by 3"
        ))?;
        let relation = |row: Vec<Cell>| {
            let [database, schema, name, kind] = texts(row).try_into().ok()?;
            let relation = Relation::new(Some(database), schema, name, Quoting::ALL, '"');
            Some(relation.with_kind(RelationKind::from_name(&kind)?))
        };
        Ok(rows.into_iter().filter_map(relation).collect())
    }

    /// By `describe`, which looks at this relation only: the listing of all columns would bind every view.
    fn columns(&mut self, relation: &Relation) -> Result<Vec<Column>, AdapterError> {
        let sql = format!("describe {relation}");
        let answer = self.guarded(|raw| match run_raw(raw, &sql, Fetch::Rows { limit: None }) {
            Ok(answer) => Ok(Some(answer)),
            // An answer like any other: the transaction it was asked in goes on.
            Err(error) if error::is_missing(&error, relation) => Ok(None),
            // A view that reads something missing exists; what is missing is something else.
            Err(error) => Err(error::of_statement(&error, "").help("build what the view reads from first")),
        })?;
        let Some(answer) = answer else {
            return Err(AdapterError::new(ErrorKind::NotFound, format!("`{relation}` does not exist")));
        };
        let column = |row: Vec<Cell>| {
            let mut cells = texts(row).into_iter();
            let (name, data_type, null) = (cells.next()?, cells.next()?, cells.next()?);
            Some(Column { name, data_type, is_nullable: null != "NO" })
        };
        Ok(answer.table.rows.into_iter().filter_map(column).collect())
    }

    fn load(&mut self, request: &LoadRequest) -> Result<Answer, AdapterError> {
        self.guarded(|raw| load::load(raw, request))
    }
}
