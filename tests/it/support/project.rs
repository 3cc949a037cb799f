//! Projects on disk, written by a test and gone after it.

use std::path::Path;
use std::sync::Arc;

use chrono::DateTime;
use tamis::diagnostic::Diagnostic;
use tamis::jinja::{Engine, YamlEngine};
use tamis::manifest::{Json, JsonMap, Manifest};
use tamis::project::{Flags, Invocation, LoadOptions, Project};
use tamis::report::{Style, draw};
use tempfile::TempDir;

/// A project `shop` on DuckDB, to which files are added.
pub struct TestProject {
    folder: TempDir,
    vars: JsonMap,
    flags: Flags,
}

/// What parsing gave.
pub struct Parsed {
    pub manifest: Manifest,
    /// Of loading, of the macros and of parsing, in this order.
    pub problems: Vec<Diagnostic>,
    _folder: TempDir,
}

/// An empty project with a DuckDB profile.
pub fn project() -> TestProject {
    let folder = TempDir::new().expect("a temporary folder");
    let project = TestProject { folder, vars: JsonMap::new(), flags: Flags::default() };
    project
        .file("dbt_project.yml", "name: shop\nversion: '1.0'\nconfig-version: 2\nprofile: shop\n")
        .file(
            "profiles.yml",
            "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb, schema: main}\n",
        )
        .folder("models")
}

impl TestProject {
    /// Writes a file, over one that is there.
    pub fn file(self, path: &str, text: &str) -> Self {
        let absolute = self.path().join(path);
        std::fs::create_dir_all(absolute.parent().expect("a file lies in a folder")).expect("a folder can be made");
        std::fs::write(&absolute, text).expect("a file can be written");
        self
    }

    pub fn folder(self, path: &str) -> Self {
        std::fs::create_dir_all(self.path().join(path)).expect("a folder can be made");
        self
    }

    pub fn model(self, name: &str, sql: &str) -> Self {
        self.file(&format!("models/{name}.sql"), sql)
    }

    /// models/schema.yml.
    pub fn yml(self, text: &str) -> Self {
        self.file("models/schema.yml", text)
    }

    /// Lines added to dbt_project.yml.
    pub fn config(self, text: &str) -> Self {
        let old = std::fs::read_to_string(self.path().join("dbt_project.yml")).expect("it was written");
        self.file("dbt_project.yml", &format!("{old}{text}"))
    }

    /// A package in its own folder, installed under dbt_packages/.
    pub fn package(self, name: &str, files: &[(&str, &str)]) -> Self {
        let root = format!("dbt_packages/{name}");
        let mut project = self
            .file(&format!("{root}/dbt_project.yml"), &format!("name: {name}\nversion: '1.0'\nconfig-version: 2\n"));
        for (path, text) in files {
            project = project.file(&format!("{root}/{path}"), text);
        }
        project
    }

    pub fn var(mut self, name: &str, value: Json) -> Self {
        self.vars.insert(name.to_string(), value);
        self
    }

    pub fn flags(mut self, flags: Flags) -> Self {
        self.flags = flags;
        self
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Opens the project without parsing it.
    pub fn load(&self) -> Result<(Project, Vec<Diagnostic>), Vec<Diagnostic>> {
        let mut options = LoadOptions::new(self.path());
        options.vars = self.vars.clone();
        Project::load(&options, &YamlEngine::new(), Arc::new(invocation(self.flags.clone())))
    }

    /// Loads and parses. A project that cannot be loaded fails the test with its problems.
    pub fn parse(self) -> Parsed {
        let (project, mut problems) = match self.load() {
            Ok(loaded) => loaded,
            Err(problems) => panic!("the project does not load:\n{}", drawn(&problems)),
        };
        let (engine, found) = Engine::new(&project);
        problems.extend(found);
        let (manifest, found) = tamis::parse::parse(&project, &engine);
        problems.extend(found);
        Parsed { manifest, problems, _folder: self.folder }
    }

    /// Pictures of all problems of loading and parsing.
    pub fn problems(self) -> String {
        match self.load() {
            Ok(_) => self.parse().drawn(),
            Err(problems) => drawn(&problems),
        }
    }
}

impl Parsed {
    pub fn drawn(&self) -> String {
        drawn(&self.problems)
    }

    /// Every id of nodes, sources, unit tests, exposures and the rest, one a line.
    pub fn ids(&self) -> String {
        self.manifest.dependencies().map(|(id, _)| &**id).collect::<Vec<_>>().join("\n")
    }

    /// A node's config values by key: `materialized="view" tags=["a"]`.
    pub fn config(&self, id: &str, keys: &[&str]) -> String {
        let node = self.manifest.node(id).unwrap_or_else(|| panic!("no node `{id}`; there are:\n{}", self.ids()));
        let value = |key: &str| node.config.values.get(key).cloned().unwrap_or(Json::Null);
        keys.iter().map(|key| format!("{key}={}", value(key))).collect::<Vec<_>>().join(" ")
    }
}

pub fn drawn(problems: &[Diagnostic]) -> String {
    problems.iter().map(|problem| draw(problem, Style::PLAIN)).collect::<Vec<_>>().join("\n\n")
}

/// One moment and one id for every test.
pub fn invocation(flags: Flags) -> Invocation {
    Invocation {
        id: "00000000-0000-4000-8000-000000000000".to_string(),
        started_at: DateTime::from_timestamp(1_700_000_000, 0).expect("a time"),
        command: "parse".to_string(),
        flags,
        args: JsonMap::new(),
    }
}
