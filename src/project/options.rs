//! What a call of the tool says about the project to be read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::manifest::JsonMap;

/// Flags and surroundings that [`Project::load`](super::Project::load) looks at, and nothing else: it reads neither
/// the process's environment nor its working folder.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// Where the tool was called; relative paths below are taken from here.
    pub working_dir: PathBuf,
    /// `--project-dir`; without it `DBT_PROJECT_DIR`, the working folder, or the nearest folder above it.
    pub project_dir: Option<PathBuf>,
    /// `--profiles-dir`; without it `DBT_PROFILES_DIR`, the working folder, the project, `~/.dbt`.
    pub profiles_dir: Option<PathBuf>,
    pub profile: Option<String>,
    pub target: Option<String>,
    /// `--target-path`; without it `DBT_TARGET_PATH`, then `target-path` of dbt_project.yml.
    pub target_path: Option<PathBuf>,
    pub threads: Option<usize>,
    /// `--vars`.
    pub vars: JsonMap,
    /// Whether `require-dbt-version` is held against 1.12.6: `--no-version-check` turns it off.
    pub checks_version: bool,
    pub environment: BTreeMap<String, String>,
}

impl LoadOptions {
    pub fn new(working_dir: impl Into<PathBuf>) -> Self {
        Self {
            working_dir: working_dir.into(),
            project_dir: None,
            profiles_dir: None,
            profile: None,
            target: None,
            target_path: None,
            threads: None,
            vars: JsonMap::new(),
            checks_version: true,
            environment: BTreeMap::new(),
        }
    }

    /// A variable of the environment; an empty one counts as not set.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}
