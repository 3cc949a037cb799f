//! Brings a load of the lake into the warehouse: the raw table, its record in `_loads`, its quarantine table.
//!
//! The table and its record change together: on DuckDB in one transaction; on BigQuery the load job replaces the
//! table in one step and the record follows.

use std::path::Path;

use crate::adapter::{
    AdapterError, AdapterKind, Cell, Disposition, ErrorKind, Fetch, JobContext, LoadRequest, LoadSource, Session,
};
use crate::diagnostic::Diagnostic;
use crate::manifest::Json;
use crate::project::Invocation;
use crate::relation::{Column, Quoting, Relation, RelationKind, SchemaName};

use super::lake::{Lake, LakeFile, LakeManifest};
use super::parquet_out::QUARANTINE_COLUMNS;
use super::pipeline::{Pipeline, RawTable};
use super::types::Type;

/// Name of the table that remembers loads; it lies beside the raw tables.
pub const LOADS_TABLE: &str = "_loads";

const LOADS_COLUMNS: [(&str, LoadsType); 15] = [
    ("load_id", LoadsType::Text),
    ("pipeline", LoadsType::Text),
    ("table_name", LoadsType::Text),
    ("loaded_at", LoadsType::Timestamp),
    ("rows_read", LoadsType::Whole),
    ("rows_loaded", LoadsType::Whole),
    ("rows_dropped", LoadsType::Whole),
    ("rows_quarantined", LoadsType::Whole),
    ("dropped", LoadsType::Text),
    ("source", LoadsType::Text),
    ("source_bytes", LoadsType::Whole),
    ("source_sha256", LoadsType::Text),
    ("schema_hash", LoadsType::Text),
    ("invocation_id", LoadsType::Text),
    ("tool_version", LoadsType::Text),
];

#[derive(Clone, Copy)]
enum LoadsType {
    Text,
    Whole,
    Timestamp,
}

/// A warehouse to load into, on behalf of a run.
pub struct Loader<'a> {
    pub session: &'a Session,
    pub invocation: &'a Invocation,
    /// Folder for local copies of a bucket's files.
    pub scratch: &'a Path,
}

impl Loader<'_> {
    /// Whether the table stands as this load left it.
    ///
    /// # Errors
    /// The warehouse could not be asked.
    pub fn holds(&self, pipeline: &Pipeline, table: &RawTable, load_id: &str) -> Result<bool, Box<Diagnostic>> {
        self.start_job(pipeline);
        let schema = table.relation.schema_name();
        let name = table.relation.identifier.as_deref().unwrap_or_default();
        let failed = |error| refused(pipeline, &table.label, &error);
        let is_table = |found: Option<Relation>| {
            found.is_some_and(|found| found.kind.is_none_or(|kind| kind == RelationKind::Table))
        };
        if !self.has_schema(&schema).map_err(failed)?
            || !is_table(self.session.relation(&schema, name).map_err(failed)?)
            || self.session.relation(&schema, LOADS_TABLE).map_err(failed)?.is_none()
        {
            return Ok(false);
        }
        let loads = table.relation.with_identifier(LOADS_TABLE);
        let sql = format!(
            "select load_id from {loads} where table_name = {} order by loaded_at desc limit 1",
            self.text(name)
        );
        let answer = self.session.execute(&sql, Fetch::Rows { limit: Some(1) }).map_err(failed)?;
        let latest = answer.table.rows.first().and_then(|row| row.first()).map(Cell::text);
        Ok(latest.as_deref() == Some(load_id))
    }

    /// Replaces the raw table by the rows of the load, and records it.
    ///
    /// # Errors
    /// The warehouse refuses; the table is as before.
    pub fn load(
        &self,
        pipeline: &Pipeline,
        table: &RawTable,
        lake: &dyn Lake,
        manifest: &LakeManifest,
    ) -> Result<(), Box<Diagnostic>> {
        self.start_job(pipeline);
        let columns = pipeline.output.iter().map(|column| self.column(&column.name, column.kind)).collect();
        let request = LoadRequest {
            into: table.relation.clone(),
            from: self.files(pipeline, lake, &manifest.files)?,
            columns,
            disposition: Disposition::Replace,
            partition_by: table.partition_by.clone(),
            cluster_by: table.cluster_by.clone(),
            labels: table.labels.clone(),
            description: Some(table.description.clone()).filter(|text| !text.is_empty()),
            together_with: self.record(table, manifest),
            job: self.session.next_job(),
        };
        self.replace(&request).map_err(|error| refused(pipeline, &table.label, &error))?;
        self.session.warehouse().cache.add(&table.relation.with_identifier(LOADS_TABLE));
        Ok(())
    }

    /// Replaces the quarantine table of the pipeline. Without bad rows it is made only if it was there before.
    ///
    /// # Errors
    /// The warehouse refuses.
    pub fn load_quarantine(
        &self,
        pipeline: &Pipeline,
        lake: &dyn Lake,
        manifest: &LakeManifest,
    ) -> Result<(), Box<Diagnostic>> {
        self.start_job(pipeline);
        let schema = &pipeline.bad_rows.schema;
        let into = Relation::new(
            schema.database.clone(),
            schema.schema.clone(),
            pipeline.name.clone(),
            Quoting::ALL,
            self.kind().quote(),
        );
        let failed = |error| refused(pipeline, &quarantine_label(pipeline), &error);
        if manifest.quarantine.is_empty() {
            if self.has_quarantine(pipeline).map_err(failed)? {
                self.session.execute(&format!("delete from {into} where true"), Fetch::Nothing).map_err(failed)?;
            }
            return Ok(());
        }
        let request = LoadRequest {
            into,
            from: self.files(pipeline, lake, &manifest.quarantine)?,
            columns: QUARANTINE_COLUMNS.iter().map(|(name, kind)| self.column(name, *kind)).collect(),
            disposition: Disposition::Replace,
            partition_by: None,
            cluster_by: Vec::new(),
            labels: std::collections::BTreeMap::new(),
            description: Some(format!("Rows that pipeline {} could not take, with the reasons.", pipeline.name)),
            together_with: Vec::new(),
            job: self.session.next_job(),
        };
        self.replace(&request).map_err(failed)
    }

    /// The files as the warehouse can reach them. DuckDB reads no buckets: it gets local copies.
    fn files(&self, pipeline: &Pipeline, lake: &dyn Lake, files: &[LakeFile]) -> Result<LoadSource, Box<Diagnostic>> {
        let address = |file: &LakeFile| -> Result<String, Box<Diagnostic>> {
            let address = lake.address(&file.name);
            if self.kind() == AdapterKind::BigQuery || !address.contains("://") {
                return Ok(address);
            }
            let local = lake.open(&file.name, self.scratch).map_err(|error| {
                let problem = Diagnostic::error("broken-lake", format!("cannot read {address}: {error}"));
                Box::new(problem.at(pipeline.into.lake_span.clone(), "the lake"))
            })?;
            Ok(local.to_string_lossy().into_owned())
        };
        Ok(LoadSource::Parquet(files.iter().map(address).collect::<Result<Vec<_>, _>>()?))
    }

    /// Whether the quarantine of the load stands in the warehouse, or needs not to.
    ///
    /// # Errors
    /// The warehouse could not be asked.
    pub fn holds_quarantine(&self, pipeline: &Pipeline, manifest: &LakeManifest) -> Result<bool, Box<Diagnostic>> {
        if manifest.quarantine.is_empty() {
            return Ok(true);
        }
        self.start_job(pipeline);
        self.has_quarantine(pipeline).map_err(|error| refused(pipeline, &quarantine_label(pipeline), &error))
    }

    fn has_quarantine(&self, pipeline: &Pipeline) -> Result<bool, AdapterError> {
        let schema = &pipeline.bad_rows.schema;
        Ok(self.has_schema(schema)? && self.session.relation(schema, &pipeline.name)?.is_some())
    }

    fn replace(&self, request: &LoadRequest) -> Result<(), AdapterError> {
        let schema = request.into.schema_name();
        // Asked first: an account that may load tables need not be one that may make schemas.
        if !self.has_schema(&schema)? {
            self.session.ensure_schema(&schema)?;
            self.session.warehouse().cache.clear_schema(&schema);
        }
        self.session.load(request)?;
        self.session.warehouse().cache.add(&request.into.clone().with_kind(RelationKind::Table));
        Ok(())
    }

    fn has_schema(&self, schema: &SchemaName) -> Result<bool, AdapterError> {
        let schemas = self.session.schemas(schema.database.as_deref())?;
        Ok(schemas.iter().any(|name| name.eq_ignore_ascii_case(&schema.schema)))
    }

    /// The statements that make and fill `_loads`.
    fn record(&self, table: &RawTable, manifest: &LakeManifest) -> Vec<String> {
        let loads = table.relation.with_identifier(LOADS_TABLE);
        let columns = LOADS_COLUMNS.map(|(name, kind)| format!("{name} {}", self.loads_type(kind))).join(", ");
        let name = table.relation.identifier.as_deref().unwrap_or_default();
        let dropped: serde_json::Map<String, Json> =
            manifest.rows_dropped.iter().map(|(filter, count)| (filter.clone(), Json::from(*count))).collect();
        let rows_dropped: u64 = manifest.rows_dropped.iter().map(|(_, count)| count).sum();
        let values = [
            self.text(&manifest.load_id),
            self.text(&manifest.pipeline),
            self.text(name),
            format!("timestamp '{}'", self.invocation.started_at.format("%Y-%m-%d %H:%M:%S%.6f")),
            manifest.rows_read.to_string(),
            manifest.rows_loaded.to_string(),
            rows_dropped.to_string(),
            manifest.rows_quarantined.to_string(),
            self.text(&Json::Object(dropped).to_string()),
            self.text(&manifest.source.from),
            manifest.source.bytes.to_string(),
            self.text(&manifest.source.sha256),
            self.text(&manifest.schema_hash),
            self.text(&self.invocation.id),
            self.text(env!("CARGO_PKG_VERSION")),
        ];
        let names = LOADS_COLUMNS.map(|(name, _)| name).join(", ");
        vec![
            format!("create table if not exists {loads} ({columns})"),
            format!("insert into {loads} ({names}) values ({})", values.join(", ")),
        ]
    }

    fn loads_type(&self, kind: LoadsType) -> &'static str {
        match (kind, self.kind()) {
            (LoadsType::Text, AdapterKind::DuckDb) => "varchar",
            (LoadsType::Text, AdapterKind::BigQuery) => "string",
            (LoadsType::Whole, AdapterKind::DuckDb) => "bigint",
            (LoadsType::Whole, AdapterKind::BigQuery) => "int64",
            (LoadsType::Timestamp, _) => "timestamp",
        }
    }

    fn column(&self, name: &str, kind: Type) -> Column {
        Column { name: name.to_string(), data_type: kind.in_warehouse(self.kind()), is_nullable: true }
    }

    fn text(&self, text: &str) -> String {
        match self.kind() {
            AdapterKind::DuckDb => format!("'{}'", text.replace('\'', "''")),
            AdapterKind::BigQuery => {
                let text = text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n").replace('\r', "\\r");
                format!("'{text}'")
            }
        }
    }

    fn kind(&self) -> AdapterKind {
        self.session.warehouse().adapter.kind()
    }

    fn start_job(&self, pipeline: &Pipeline) {
        let node = Some(format!("ingest.{}", pipeline.name));
        self.session.start_job(JobContext { invocation_id: self.invocation.id.clone(), node, ..JobContext::default() });
    }
}

fn quarantine_label(pipeline: &Pipeline) -> String {
    format!("{}.{}", pipeline.bad_rows.schema.schema, pipeline.name)
}

fn refused(pipeline: &Pipeline, table: &str, error: &AdapterError) -> Box<Diagnostic> {
    let code = match error.kind {
        ErrorKind::Denied => "load-denied",
        ErrorKind::Cancelled => "cancelled",
        ErrorKind::Database
        | ErrorKind::NotFound
        | ErrorKind::Connection
        | ErrorKind::Transient
        | ErrorKind::Unsupported => "load-failed",
    };
    let problem = Diagnostic::error(code, format!("cannot load `{table}`: {error}"))
        .at(pipeline.into.table_span.clone(), "loaded here")
        .note("the table is as it was before");
    Box::new(match &error.help {
        Some(help) => problem.help(help.clone()),
        None => problem,
    })
}
