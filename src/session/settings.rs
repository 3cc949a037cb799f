//! What a call of the tool asks for, with every source of settings settled.

use std::path::PathBuf;
use std::sync::Arc;

use crate::manifest::UniqueId;
use crate::project::{Invocation, LoadOptions};

/// Made by `cli`, used by every command.
#[derive(Clone, Debug)]
pub struct Settings {
    pub invocation: Arc<Invocation>,
    /// What is to be read, and with which profile, target and vars.
    pub load: LoadOptions,
    /// Folder of dbt_project.yml, or where it should have been.
    pub project_dir: PathBuf,
    pub asked: Asked,
    /// Artifacts of an earlier run, for `state:` selectors.
    pub state: Option<PathBuf>,
    pub deferral: DeferralAsked,
    /// Where `source freshness` writes, if not to sources.json of the target folder.
    pub sources_path: Option<PathBuf>,
    /// Whether manifest.json and run_results.json are written.
    pub writes_json: bool,
    /// Whether what is not changed since the last parse is taken from there.
    pub uses_memory: bool,
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
    /// The nodes that `retry` takes up, in place of all criteria.
    pub again: Option<Vec<UniqueId>>,
}

/// `--defer`: what is not there is read from where an earlier run has it.
#[derive(Clone, Debug, Default)]
pub struct DeferralAsked {
    pub is_on: bool,
    /// Even from what is there, unless it is selected.
    pub favors_state: bool,
    /// In place of `--state`.
    pub state: Option<PathBuf>,
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
    /// A command that only looks: what it was asked for could not be had.
    ///
    /// Source: dbt-core 1.12 ends `compile` and `show` so, by `raise_on_first_error`.
    #[must_use]
    pub fn unable_if_failed(self) -> Self {
        match self {
            Self::Fine => Self::Fine,
            Self::Failed | Self::Unable => Self::Unable,
        }
    }

    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Failed => 1,
            Self::Unable => 2,
        }
    }
}
