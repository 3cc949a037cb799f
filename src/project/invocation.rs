//! One call of the tool: its id, its start, its flags. Made once in `cli` and passed down.

use chrono::{DateTime, Utc};

use crate::manifest::{Json, JsonMap};

/// Nothing below `cli` asks the clock or rolls dice; it asks here.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// UUID v4.
    pub id: String,
    pub started_at: DateTime<Utc>,
    /// `build`, `run`, …: dbt's `flags.WHICH`.
    pub command: String,
    pub flags: Flags,
    /// As shown in `invocation_args_dict` and in run_results.json `args`.
    pub args: JsonMap,
}

/// Flags that the front half and Jinja's `flags` look at.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub full_refresh: bool,
    pub store_failures: bool,
    pub fail_fast: bool,
    pub empty: bool,
    pub is_strict: bool,
    pub quiet: bool,
    pub warn_error: bool,
    pub warn_error_options: Option<Json>,
}
