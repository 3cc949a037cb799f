//! The files of a project: dbt_project.yml, profiles.yml, property ymls, packages, the file walk.
//!
//! Reads, checks keys, and renders the Jinja inside YAML values; does not know what a model means.

pub mod keys;
pub mod packages;
pub mod yaml;

mod ignore;
mod invocation;
mod judge;
mod load;
mod locate;
mod options;
mod profile;
mod project_check;
mod project_file;
mod read;
mod render;
mod settings;
mod target;
mod vars;
mod version;
mod walk;
mod warnings;

pub use invocation::{Flags, Invocation};
pub use judge::{Judge, check_options};
pub use load::Survey;
pub use locate::profiles_dir;
pub use options::LoadOptions;
pub(crate) use render::{has_jinja, without_last_newline};
pub use version::{Condition, DBT_VERSION, Version, is_satisfied};
pub use warnings::CODES as WARNING_CODES;

use std::path::PathBuf;
use std::sync::Arc;

use crate::manifest::{Json, JsonMap};
use crate::relation::{AdapterKind, Quoting};
use crate::source::SourceFile;
use yaml::YamlFile;

/// A project as read from disk, ready to be parsed.
#[derive(Clone)]
pub struct Project {
    pub root: PathBuf,
    /// The project itself first, then its packages, in the order they were found.
    pub packages: Vec<Package>,
    pub target: Target,
    /// `--vars`, which win over every other var.
    pub cli_vars: JsonMap,
    pub invocation: Arc<Invocation>,
    /// `dispatch:` of dbt_project.yml.
    pub dispatch: Vec<DispatchRule>,
    /// `selectors.yml`, if there is one.
    pub selectors: Option<YamlFile>,
    /// Where artifacts go, absolute.
    pub target_path: PathBuf,
}

impl Project {
    pub fn name(&self) -> &str {
        &self.packages[0].name
    }

    pub fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// What relations are quoted by, unless a source or a call says otherwise: the root project's `quoting`.
    pub fn quoting(&self) -> Quoting {
        let quoting = self.packages[0].config.get("quoting");
        let flag = |key: &str| quoting.and_then(|quoting| quoting.get(key)).and_then(Json::as_bool).unwrap_or(true);
        Quoting { database: flag("database"), schema: flag("schema"), identifier: flag("identifier") }
    }
}

/// One package: the project itself, or one under dbt_packages/.
#[derive(Clone)]
pub struct Package {
    pub name: String,
    pub root: PathBuf,
    /// dbt_project.yml with positions; values are not rendered.
    pub yaml: YamlFile,
    /// dbt_project.yml rendered, as plain data, in one spelling: `semantic-models`, `saved-queries`, `on-run-start`,
    /// and `data_tests` also where `tests` was written. Config trees, `vars`, `quoting` and `flags` are always maps,
    /// `on-run-start` and `on-run-end` lists, `…-paths` lists with dbt's defaults. `vars` are those of vars.yml where
    /// there is one. Hooks, `query-comment` and vars keep their Jinja.
    pub config: JsonMap,
    pub files: PackageFiles,
}

/// Texts of a package, each list sorted by path. Paths shown are relative to the project root;
/// `original_file_path` is relative to the package.
#[derive(Clone, Default)]
pub struct PackageFiles {
    pub models: Vec<PackageFile>,
    pub macros: Vec<PackageFile>,
    /// Generic tests under `tests/generic` are macros too, and stand in `macros`.
    pub tests: Vec<PackageFile>,
    pub analyses: Vec<PackageFile>,
    pub snapshots: Vec<PackageFile>,
    /// Bodies of user-defined functions: sql, py, js.
    pub functions: Vec<PackageFile>,
    /// CSV files: only their paths are read here.
    pub seeds: Vec<SeedFile>,
    /// Property ymls of every resource folder.
    pub properties: Vec<PropertyFile>,
    /// Markdown with docs blocks.
    pub docs: Vec<PackageFile>,
    /// Files of `tests/fixtures`: csv and sql rows of unit tests.
    pub fixtures: Vec<PackageFile>,
}

#[derive(Clone)]
pub struct PackageFile {
    pub file: Arc<SourceFile>,
    /// Relative to its resource folder (`models/` taken off).
    pub path: String,
    /// Relative to the package root.
    pub original_file_path: String,
}

#[derive(Clone)]
pub struct SeedFile {
    pub absolute: PathBuf,
    pub path: String,
    pub original_file_path: String,
}

#[derive(Clone)]
pub struct PropertyFile {
    pub yaml: YamlFile,
    pub path: String,
    pub original_file_path: String,
}

/// The target of profiles.yml that was chosen, rendered and checked.
#[derive(Clone)]
pub struct Target {
    pub profile_name: String,
    pub name: String,
    pub kind: AdapterKind,
    /// DuckDB: the catalog, from the file's name. BigQuery: the project.
    pub database: String,
    /// DuckDB: schema. BigQuery: dataset.
    pub schema: String,
    pub threads: usize,
    /// Every key of the target, rendered. Holds secrets: never printed, never written.
    pub settings: JsonMap,
    /// What `{{ target }}` shows: dbt's connection keys, no secrets.
    pub context: JsonMap,
}

#[derive(Clone, Debug)]
pub struct DispatchRule {
    pub macro_namespace: String,
    pub search_order: Vec<String>,
}

/// Renders the Jinja inside YAML values. `jinja` implements it; `session` brings the two together.
pub trait YamlRenderer: Send + Sync {
    /// `"{{ env_var('X') | int }}"` → a number: the result of one expression keeps its type as dbt's native
    /// rendering does; text with Jinja around stays text.
    ///
    /// # Errors
    /// The message alone; the caller knows the place.
    fn render(&self, text: &str, scope: &YamlScope<'_>) -> Result<Json, String>;
}

/// What Jinja in YAML can see: `var`, `env_var`, `target`, filters.
#[derive(Clone, Copy)]
pub struct YamlScope<'a> {
    pub vars: &'a JsonMap,
    /// `None` while profiles.yml itself is being rendered.
    pub target: Option<&'a JsonMap>,
    /// Only profiles.yml may read `DBT_ENV_SECRET*`.
    pub may_read_secrets: bool,
    /// `None` where the project is not read yet.
    pub project_name: Option<&'a str>,
    pub invocation: Option<&'a Invocation>,
}
