//! What a call of the tool asks for, with every source of settings settled.

use std::path::PathBuf;
use std::sync::Arc;

use crate::manifest::JsonMap;
use crate::project::Invocation;

/// Made by `cli`, used by every command.
#[derive(Clone, Debug)]
pub struct Settings {
    pub invocation: Arc<Invocation>,
    /// Folder of dbt_project.yml.
    pub project_dir: PathBuf,
    /// `--profiles-dir`; without it, profiles.yml is looked for where dbt looks.
    pub profiles_dir: Option<PathBuf>,
    pub profile: Option<String>,
    pub target: Option<String>,
    pub target_path: Option<PathBuf>,
    /// `None`: as many as the target says.
    pub threads: Option<usize>,
    /// `--vars`.
    pub vars: JsonMap,
    pub asked: Asked,
    /// Whether manifest.json and run_results.json are written.
    pub writes_json: bool,
}

/// Which nodes are meant, as typed.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub select: Vec<String>,
    pub exclude: Vec<String>,
    pub selector: Option<String>,
    /// `eager`, `cautious`, `buildable` or `empty`.
    pub indirect: Option<String>,
    pub resource_types: Vec<String>,
    pub exclude_resource_types: Vec<String>,
    /// `--error-if-nothing-selected`.
    pub must_match: bool,
}

/// How a call ended, as its exit code tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All fine; warnings too.
    Fine,
    /// A node, a test or a check failed.
    Failed,
    /// The tool could not do its work: usage, config, parse; or it was interrupted.
    Unable,
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Failed => 1,
            Self::Unable => 2,
        }
    }
}
