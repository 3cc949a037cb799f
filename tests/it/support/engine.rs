//! An engine over a project that has only built-in macros, on a warehouse that records what it is asked.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::DateTime;
use serde_json::json;
use tamis::adapter::Session;
use tamis::adapter::Warehouse;
use tamis::adapter::replay::{Replay, Script};
use tamis::event::EventSender;
use tamis::jinja::{Engine, Rendered, RunScope};
use tamis::manifest::{JsonMap, Manifest, Node};
use tamis::project::yaml::{Yaml, YamlFile, YamlKind};
use tamis::project::{Flags, Invocation, Package, PackageFiles, Project, Target};
use tamis::relation::AdapterKind;
use tamis::source::{SourceFile, Span};

use crate::built::object;

/// A project `shop` without files, on a target of this kind.
pub fn project(kind: AdapterKind, flags: Flags) -> Project {
    let file = SourceFile::in_memory("dbt_project.yml", "");
    let package = Package {
        name: "shop".to_string(),
        root: PathBuf::new(),
        yaml: YamlFile { file, root: Yaml { start: 0, end: 0, kind: YamlKind::Null }, warnings: Vec::new() },
        config: JsonMap::new(),
        files: PackageFiles::default(),
    };
    let invocation = Invocation {
        id: "00000000-0000-4000-8000-0193a1b2c3d4".to_string(),
        started_at: DateTime::from_timestamp(1_700_000_000, 0).expect("a time"),
        command: "run".to_string(),
        flags,
        args: JsonMap::new(),
    };
    Project {
        root: PathBuf::new(),
        packages: vec![package],
        target: Target {
            profile_name: "shop".to_string(),
            name: "dev".to_string(),
            kind,
            database: "db".to_string(),
            schema: "main".to_string(),
            threads: 1,
            settings: JsonMap::new(),
            context: object(json!({"name": "dev", "schema": "main", "database": "db", "type": kind.name()})),
        },
        cli_vars: JsonMap::new(),
        invocation: Arc::new(invocation),
        dispatch: Vec::new(),
        selectors: None,
        target_path: PathBuf::new(),
    }
}

/// An engine and all that a render on a scripted warehouse needs.
pub struct Bench {
    pub engine: Arc<Engine>,
    pub replay: Arc<Replay>,
    pub scope: RunScope,
}

impl Bench {
    pub fn new(kind: AdapterKind, flags: Flags, script: Script, manifest: Manifest) -> Self {
        let project = project(kind, flags);
        let (engine, problems) = Engine::new(&project);
        assert!(problems.is_empty(), "{problems:#?}");
        let replay = Replay::new(kind, script);
        let file = SourceFile::in_memory("inline.sql", "");
        let scope = RunScope {
            project: Arc::new(project),
            manifest: Arc::new(manifest),
            session: Session::new(Warehouse::new(Arc::clone(&replay) as _), EventSender::silent()),
            events: EventSender::silent(),
            node: None,
            source: None,
            package: "shop".to_string(),
            code: Span::start_of(&file),
            compiled: None,
            seed_loader: None,
            replacements: Arc::default(),
            deferral: Arc::default(),
            overrides: None,
            called_macros: Arc::default(),
            selected: Arc::default(),
            results: None,
        };
        Self { engine, replay, scope }
    }

    /// What a text renders to; `error: …` when it does not.
    pub fn render(&self, text: &str) -> String {
        let file = SourceFile::in_memory("inline.sql", text);
        let scope = RunScope { code: Span::new(&file, 0..text.len()), ..self.scope.clone() };
        match self.engine.compile(&scope) {
            Ok(rendered) => rendered.text,
            Err(problem) => format!("error: {}", problem.message),
        }
    }

    /// What the warehouse is asked while a node, compiled to this SQL, is made; and why it was not, if so.
    pub fn make(&self, node: &Arc<Node>, sql: &str) -> String {
        let name = node.config.text("materialized").unwrap_or("view");
        let found = self.engine.materialization(name, "shop").expect("there is such a materialization");
        let rendered = Rendered::from_text(sql.to_string());
        let scope = RunScope {
            node: Some(Arc::clone(node)),
            code: node.code.clone(),
            compiled: Some(Arc::new(rendered)),
            ..self.scope.clone()
        };
        let called = self.engine.call(&scope, &found.unique_id, &JsonMap::new());
        let statements: Vec<String> = self.replay.recorded().iter().map(|sql| sql.trim().to_string()).collect();
        let mut told = statements.join("\n-- then\n");
        if let Err(problem) = called {
            told.push_str(&format!("\nerror: {}", problem.message));
        }
        told.trim_start().to_string()
    }
}
