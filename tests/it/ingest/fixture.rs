//! A project on disk with pipelines, a DuckDB, and what came of a run as text.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use tamis::adapter::duckdb::DuckDb;
use tamis::adapter::{Adapter, Fetch, Session, Warehouse};
use tamis::diagnostic::Diagnostic;
use tamis::event::{Event, EventSender, IngestReport};
use tamis::ingest::{self, IngestContext, Pipeline};
use tamis::manifest::{Json, JsonMap, Manifest, NodeConfig, SourceTable};
use tamis::project::yaml::YamlFile;
use tamis::project::{
    Flags, Invocation, Package, PackageFiles, Project, PropertyFile, Target, YamlRenderer, YamlScope,
};
use tamis::relation::AdapterKind;
use tamis::source::{SourceFile, Span};
use tempfile::TempDir;

/// The repository's own fixtures.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/ingest").join(name)
}

/// What `make_crimes.py --expect` counted.
pub fn expectation(name: &str) -> Json {
    let text = fs::read_to_string(fixture(name)).expect("the fixture is committed");
    serde_json::from_str(&text).expect("JSON")
}

/// Renders `{{ var('x') }}` by search and replace: all that these pipelines use.
struct Vars;

impl YamlRenderer for Vars {
    fn render(&self, text: &str, scope: &YamlScope<'_>) -> Result<Json, String> {
        let mut rendered = text.to_string();
        for (name, value) in scope.vars {
            rendered = rendered.replace(&format!("{{{{ var('{name}') }}}}"), value.as_str().unwrap_or_default());
        }
        if rendered.contains("{{") { Err(format!("cannot render `{rendered}`")) } else { Ok(Json::from(rendered)) }
    }
}

pub struct World {
    pub folder: TempDir,
    yaml: String,
    vars: JsonMap,
    invocations: u64,
    pub is_full_refresh: bool,
    /// Set for a run on BigQuery (an emulator): what is added to the names of datasets.
    suffix: Option<String>,
    /// Waits that were asked for, in order.
    pub pauses: Arc<Mutex<Vec<Duration>>>,
}

/// What came of a run.
pub struct Outcome {
    pub reports: Vec<IngestReport>,
    pub said: Vec<Diagnostic>,
}

impl World {
    pub fn new(yaml: impl Into<String>) -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            yaml: yaml.into(),
            vars: JsonMap::new(),
            invocations: 0,
            is_full_refresh: false,
            suffix: None,
            pauses: Arc::default(),
        }
        .var("lake", "lake")
    }

    /// The three pipelines of the example, on these files.
    pub fn la_crimes(crimes: &Path, unemployment: &Path) -> Self {
        let yaml = fs::read_to_string(fixture("la_crimes.yml")).expect("the fixture is committed");
        Self::new(yaml)
            .var("crimes_file", &crimes.display().to_string())
            .var("unemployment_file", &unemployment.display().to_string())
    }

    pub fn var(mut self, name: &str, value: &str) -> Self {
        self.vars.insert(name.to_string(), Json::from(value));
        self
    }

    pub fn yaml(&mut self, yaml: impl Into<String>) {
        self.yaml = yaml.into();
    }

    /// Runs on BigQuery, with datasets whose names end so.
    pub fn on_bigquery(mut self, suffix: &str) -> Self {
        self.suffix = Some(suffix.to_string());
        self
    }

    /// The schema of the raw tables.
    pub fn staging(&self) -> String {
        self.suffix.as_ref().map_or("staging".to_string(), |suffix| format!("staging_{suffix}"))
    }

    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        fs::write(&path, text).expect("the file can be written");
        path
    }

    pub fn project(&self) -> Project {
        let file = SourceFile::in_memory("models/staging/sources.yml", self.yaml.as_str());
        let yaml = YamlFile::parse(&file).map_err(|problem| problem.message).expect("the YAML is right");
        let property = PropertyFile { yaml, path: "staging/sources.yml".into(), original_file_path: file.path.clone() };
        let empty = SourceFile::in_memory("dbt_project.yml", "name: test");
        let package = Package {
            name: "test".into(),
            root: self.folder.path().into(),
            yaml: YamlFile::parse(&empty).map_err(|problem| problem.message).expect("the YAML is right"),
            config: JsonMap::new(),
            files: PackageFiles { properties: vec![property], ..PackageFiles::default() },
        };
        Project {
            root: self.folder.path().into(),
            packages: vec![package],
            target: self.target(),
            cli_vars: self.vars.clone(),
            invocation: self.invocation(),
            dispatch: Vec::new(),
            selectors: None,
            target_path: self.folder.path().join("target"),
        }
    }

    fn invocation(&self) -> Arc<Invocation> {
        let started_at = DateTime::<Utc>::from_timestamp(1_800_000_000 + self.invocations as i64, 0);
        Arc::new(Invocation {
            id: format!("00000000-0000-4000-8000-{:012}", self.invocations),
            started_at: started_at.expect("a time"),
            command: "ingest".into(),
            flags: Flags { full_refresh: self.is_full_refresh, ..Flags::default() },
            args: JsonMap::new(),
        })
    }

    fn target(&self) -> Target {
        if self.suffix.is_some() {
            return self.bigquery_target();
        }
        let settings = json!({ "path": self.folder.path().join("warehouse.duckdb") });
        Target {
            profile_name: "test".into(),
            name: "dev".into(),
            kind: AdapterKind::DuckDb,
            database: "warehouse".into(),
            schema: "main".into(),
            threads: 1,
            settings: settings.as_object().cloned().expect("a map"),
            context: JsonMap::new(),
        }
    }

    fn bigquery_target(&self) -> Target {
        let dataset = self.staging();
        let settings = json!({"method": "oauth", "project": "tamis-test", "dataset": dataset, "location": "US"});
        Target {
            profile_name: "test".into(),
            name: "prod".into(),
            kind: AdapterKind::BigQuery,
            database: "tamis-test".into(),
            schema: dataset,
            threads: 1,
            settings: settings.as_object().cloned().expect("a map"),
            context: JsonMap::new(),
        }
    }

    pub fn declare(&self) -> (Vec<Pipeline>, Vec<Diagnostic>) {
        ingest::declare(&self.project(), &sources(&self.target(), &self.staging()), &Vars)
    }

    /// Declares and runs, with a warehouse.
    pub fn run(&mut self, selection: Option<&[&str]>) -> Outcome {
        let session = self.session();
        self.run_in(selection, Some(session))
    }

    pub fn run_in(&mut self, selection: Option<&[&str]>, session: Option<Arc<Session>>) -> Outcome {
        self.invocations += 1;
        let project = self.project();
        let (pipelines, problems) = ingest::declare(&project, &sources(&self.target(), &self.staging()), &Vars);
        assert!(problems.is_empty(), "{}", drawn(&problems));
        let (sender, receiver) = channel();
        let pauses = Arc::clone(&self.pauses);
        let context = IngestContext {
            pause: Arc::new(move |wait| pauses.lock().expect("not poisoned").push(wait)),
            ..IngestContext::new(&project, session, EventSender::new(sender))
        };
        let selection: Option<Vec<String>> = selection.map(|names| names.iter().map(ToString::to_string).collect());
        let reports = ingest::run(&pipelines, selection.as_deref(), &context);
        drop(context);
        Outcome { reports, said: diagnosed(&receiver) }
    }

    pub fn session(&self) -> Arc<Session> {
        Session::new(Warehouse::new(self.adapter()), EventSender::silent())
    }

    #[cfg(feature = "bigquery")]
    fn adapter(&self) -> Arc<dyn Adapter> {
        match self.suffix {
            None => DuckDb::open(&self.target(), self.folder.path()).expect("settings are right"),
            Some(_) => {
                let invocation = Invocation { id: uuid::Uuid::new_v4().to_string(), ..(*self.invocation()).clone() };
                tamis::adapter::bigquery::BigQuery::open(&self.target(), &invocation).expect("no credentials needed")
            }
        }
    }

    #[cfg(not(feature = "bigquery"))]
    fn adapter(&self) -> Arc<dyn Adapter> {
        DuckDb::open(&self.target(), self.folder.path()).expect("settings are right")
    }

    /// Rows of a query, one line each.
    pub fn query(&self, sql: &str) -> String {
        let answer = match self.session().execute(sql, Fetch::Rows { limit: None }) {
            Ok(answer) => answer,
            Err(error) => return format!("error: {}", error.message.lines().next().unwrap_or_default()),
        };
        let line = |row: &Vec<tamis::adapter::Cell>| row.iter().map(|cell| cell.text()).collect::<Vec<_>>().join(" | ");
        answer.table.rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Files below a folder with their sizes left out, sorted.
    pub fn files(&self, below: &str) -> Vec<PathBuf> {
        let mut files: Vec<_> = walkdir::WalkDir::new(self.folder.path().join(below))
            .into_iter()
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| entry.into_path())
            .collect();
        files.sort();
        files
    }
}

impl Outcome {
    pub fn report(&self, pipeline: &str) -> &IngestReport {
        self.reports.iter().find(|report| report.pipeline == pipeline).expect("the pipeline ran")
    }

    /// One paragraph a pipeline.
    pub fn shown(&self) -> String {
        let reports = self.reports.iter().map(|report| {
            let dropped: Vec<_> =
                report.dropped.iter().map(|(name, count)| format!("  dropped {name} {count}\n")).collect();
            let reasons: Vec<_> =
                report.reasons.iter().map(|(name, count)| format!("  bad {name} {count}\n")).collect();
            let problem = report.problem.as_deref().map(|problem| drawn(std::slice::from_ref(problem)));
            format!(
                "{} → {}{}: read {} loaded {} quarantined {}\n{}{}{}",
                report.pipeline,
                report.into,
                if report.is_unchanged { " (unchanged)" } else { "" },
                report.rows_read,
                report.rows_loaded,
                report.rows_quarantined,
                dropped.concat(),
                reasons.concat(),
                problem.unwrap_or_default(),
            )
        });
        let said = if self.said.is_empty() { String::new() } else { drawn(&self.said) };
        reports.chain([said]).collect()
    }
}

fn diagnosed(receiver: &Receiver<Event>) -> Vec<Diagnostic> {
    let said = receiver.try_iter().filter_map(|event| match event {
        Event::Diagnosed(problem) => Some(*problem),
        _ => None,
    });
    said.collect()
}

/// Problems as plain lines: code, message, places, notes, help.
pub fn drawn(problems: &[Diagnostic]) -> String {
    let lines = problems.iter().map(|problem| {
        let places: Vec<_> = problem
            .labels
            .iter()
            .map(|label| {
                format!(
                    "  --> {} {}: {}\n",
                    label.span,
                    label.span.text().lines().next().unwrap_or_default(),
                    label.text
                )
            })
            .collect();
        let notes: Vec<_> = problem.notes.iter().map(|note| format!("  note: {note}\n")).collect();
        let help = problem.help.as_ref().map(|help| format!("  help: {help}\n")).unwrap_or_default();
        let severity = if problem.is_error() { "error" } else { "warning" };
        format!("{severity}[{}]: {}\n{}{}{help}", problem.code, problem.message, places.concat(), notes.concat())
    });
    lines.collect()
}

/// The two raw tables of the example.
fn sources(target: &Target, schema: &str) -> Manifest {
    let mut manifest = Manifest::default();
    for name in ["crime_victim", "unemp_rate", "items"] {
        let table = source_table(name, &target.database, schema);
        manifest.sources.insert(table.unique_id.clone(), Arc::new(table));
    }
    manifest
}

fn source_table(name: &str, database: &str, schema: &str) -> SourceTable {
    SourceTable {
        unique_id: format!("source.test.staging.{name}").into(),
        package_name: "test".into(),
        source_name: "staging".into(),
        name: name.into(),
        identifier: name.into(),
        database: Some(database.into()),
        schema: schema.into(),
        relation_name: format!("{database}.{schema}.{name}"),
        path: "models/staging/sources.yml".into(),
        original_file_path: "models/staging/sources.yml".into(),
        fqn: Vec::new(),
        source_description: String::new(),
        description: String::new(),
        loader: String::new(),
        columns: Default::default(),
        config: NodeConfig::default(),
        unrendered_config: JsonMap::new(),
        quoting: JsonMap::new(),
        meta: JsonMap::new(),
        source_meta: JsonMap::new(),
        tags: Vec::new(),
        freshness: None,
        loaded_at_field: None,
        loaded_at_query: None,
        external: None,
        doc_blocks: Vec::new(),
        patch_path: None,
        unrendered_database: None,
        unrendered_schema: None,
        created_at: 0.0,
        span: Span::start_of(&SourceFile::in_memory("models/staging/sources.yml", "")),
    }
}
