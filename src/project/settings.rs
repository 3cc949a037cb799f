//! The settings a target may have, by warehouse, and their types.
//!
//! Sources: dbt-duckdb 1.11, `credentials.py`; dbt-bigquery 1.12, `credentials.py`.

use crate::manifest::Json;

/// What a setting must be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Whole,
    Flag,
    List,
    Map,
    Choice(&'static [&'static str]),
    /// A whole map of a key file, or the same as text.
    TextOrMap,
    ListOrMap,
}

pub(super) struct Setting {
    pub name: &'static str,
    pub kind: Kind,
}

const fn setting(name: &'static str, kind: Kind) -> Setting {
    Setting { name, kind }
}

pub(super) const COMMON: &[Setting] = &[setting("type", Kind::Text), setting("threads", Kind::Whole)];

pub(super) const DUCKDB: &[Setting] = &[
    setting("path", Kind::Text),
    setting("database", Kind::Text),
    setting("schema", Kind::Text),
    setting("extensions", Kind::List),
    setting("settings", Kind::Map),
    setting("config_options", Kind::Map),
    setting("secrets", Kind::List),
    setting("attach", Kind::List),
    setting("external_root", Kind::Text),
    setting("use_credential_provider", Kind::Text),
    setting("filesystems", Kind::List),
    setting("remote", Kind::Map),
    setting("plugins", Kind::List),
    setting("disable_transactions", Kind::Flag),
    setting("keep_open", Kind::Flag),
    setting("module_paths", Kind::List),
    setting("retries", Kind::Map),
    setting("flights", Kind::Map),
    setting("is_ducklake", Kind::Flag),
    setting("motherduck_token", Kind::Text),
];

pub(super) const BIGQUERY_METHODS: &[&str] =
    &["oauth", "oauth-secrets", "service-account", "service-account-json", "external-oauth-wif"];

pub(super) const BIGQUERY: &[Setting] = &[
    setting("method", Kind::Choice(BIGQUERY_METHODS)),
    setting("project", Kind::Text),
    setting("database", Kind::Text),
    setting("dataset", Kind::Text),
    setting("schema", Kind::Text),
    setting("location", Kind::Text),
    setting("execution_project", Kind::Text),
    setting("quota_project", Kind::Text),
    setting("api_endpoint", Kind::Text),
    setting("priority", Kind::Choice(&["interactive", "batch"])),
    setting("maximum_bytes_billed", Kind::Whole),
    setting("reservation", Kind::Text),
    setting("impersonate_service_account", Kind::Text),
    setting("job_retry_deadline_seconds", Kind::Whole),
    setting("job_retries", Kind::Whole),
    setting("retries", Kind::Whole),
    setting("job_creation_timeout_seconds", Kind::Whole),
    setting("job_execution_timeout_seconds", Kind::Whole),
    setting("timeout_seconds", Kind::Whole),
    setting("job_link_info_level_log", Kind::Flag),
    setting("keyfile", Kind::Text),
    setting("keyfile_json", Kind::TextOrMap),
    setting("token", Kind::Text),
    setting("refresh_token", Kind::Text),
    setting("client_id", Kind::Text),
    setting("client_secret", Kind::Text),
    setting("token_uri", Kind::Text),
    setting("workload_pool_provider_path", Kind::Text),
    setting("service_account_impersonation_url", Kind::Text),
    setting("token_endpoint", Kind::Map),
    setting("compute_region", Kind::Text),
    setting("dataproc_region", Kind::Text),
    setting("dataproc_cluster_name", Kind::Text),
    setting("dataproc_batch", Kind::Map),
    setting("gcs_bucket", Kind::Text),
    setting("submission_method", Kind::Text),
    setting("scopes", Kind::ListOrMap),
    setting("target_project", Kind::Text),
    setting("target_dataset", Kind::Text),
];

/// BigQuery's settings with two names: the one people write, the one dbt keeps.
pub(super) const BIGQUERY_ALIASES: [(&str, &str); 5] = [
    ("project", "database"),
    ("dataset", "schema"),
    ("retries", "job_retries"),
    ("timeout_seconds", "job_execution_timeout_seconds"),
    ("dataproc_region", "compute_region"),
];

impl Kind {
    /// The value in the type it should have: `env_var` gives texts, so `"4"` is a number where one is wanted.
    /// `None` when it cannot be meant.
    pub fn fitted(self, value: &Json) -> Option<Json> {
        match (self, value) {
            (_, Json::Null)
            | (Self::Text | Self::TextOrMap, Json::String(_))
            | (Self::Flag, Json::Bool(_))
            | (Self::List | Self::ListOrMap, Json::Array(_))
            | (Self::Map | Self::TextOrMap | Self::ListOrMap, Json::Object(_)) => Some(value.clone()),
            // A project named `12345`, a dataset named `2024`.
            (Self::Text, Json::Number(number)) => Some(Json::from(number.to_string())),
            (Self::Whole, Json::Number(number)) => number.as_i64().filter(|number| *number >= 0).map(Json::from),
            (Self::Whole, Json::String(text)) => {
                text.trim().replace('_', "").parse::<i64>().ok().filter(|number| *number >= 0).map(Json::from)
            }
            (Self::Flag, Json::String(text)) => match text.trim().to_lowercase().as_str() {
                "true" | "yes" | "1" => Some(Json::from(true)),
                "false" | "no" | "0" | "" => Some(Json::from(false)),
                _ => None,
            },
            (Self::Choice(names), Json::String(text)) => names.contains(&text.as_str()).then(|| value.clone()),
            _ => None,
        }
    }

    pub fn in_words(self) -> String {
        match self {
            Self::Text => "a text".to_string(),
            Self::Whole => "a whole number, 0 or more".to_string(),
            Self::Flag => "true or false".to_string(),
            Self::List => "a list".to_string(),
            Self::Map => "a map".to_string(),
            Self::TextOrMap => "a map, or a text".to_string(),
            Self::ListOrMap => "a list".to_string(),
            Self::Choice(names) => {
                format!("one of {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
            }
        }
    }
}
