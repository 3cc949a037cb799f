//! The keys of a BigQuery target, checked and with their defaults; and what the environment adds.
//!
//! dbt-bigquery's names and aliases. Keys that only Python models use are not read here.

use std::path::PathBuf;
use std::time::Duration;

use super::transport::with_scheme;
use crate::adapter::{AdapterError, ErrorKind};
use crate::manifest::{Json, JsonMap};
use crate::project::Target;

const BIGQUERY_HOST: &str = "https://bigquery.googleapis.com";
const STORAGE_HOST: &str = "https://storage.googleapis.com";
/// dbt's limit for a job when none is set.
const JOB_TIMEOUT_DEFAULT: Duration = Duration::from_secs(24 * 60 * 60);
const RETRY_DEADLINE_DEFAULT: Duration = Duration::from_secs(10 * 60);
const JOB_CREATION_TIMEOUT_DEFAULT: Duration = Duration::from_secs(60);

/// What is read from the process's environment, in one place, so that tests can hand in their own.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `BIGQUERY_EMULATOR_HOST`, with or without scheme.
    pub bigquery_host: Option<String>,
    /// `STORAGE_EMULATOR_HOST`, with or without scheme.
    pub storage_host: Option<String>,
    /// `GOOGLE_APPLICATION_CREDENTIALS`, else gcloud's well-known file, whether it exists or not.
    pub credentials_file: Option<PathBuf>,
    /// Whether [`Self::credentials_file`] was named by the user, so that its absence is an error.
    pub is_credentials_file_named: bool,
    /// `GCE_METADATA_HOST`.
    pub metadata_host: Option<String>,
}

impl Environment {
    pub fn from_process() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let named = variable("GOOGLE_APPLICATION_CREDENTIALS").map(PathBuf::from);
        let folder = variable("CLOUDSDK_CONFIG").map(PathBuf::from).or_else(|| {
            let (home, inside) = if cfg!(windows) { ("APPDATA", "gcloud") } else { ("HOME", ".config/gcloud") };
            variable(home).map(|home| PathBuf::from(home).join(inside))
        });
        Self {
            bigquery_host: variable("BIGQUERY_EMULATOR_HOST"),
            storage_host: variable("STORAGE_EMULATOR_HOST"),
            is_credentials_file_named: named.is_some(),
            credentials_file: named
                .or_else(|| folder.map(|folder| folder.join("application_default_credentials.json"))),
            metadata_host: variable("GCE_METADATA_HOST"),
        }
    }
}

/// How queries queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    Interactive,
    Batch,
}

impl Priority {
    pub fn name(self) -> &'static str {
        match self {
            Self::Interactive => "INTERACTIVE",
            Self::Batch => "BATCH",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Interactive, Self::Batch].into_iter().find(|priority| priority.name().eq_ignore_ascii_case(name))
    }
}

/// A target's settings, secrets aside.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where relations live unless they say otherwise.
    pub project: String,
    /// Where jobs run and are billed.
    pub execution_project: String,
    pub location: Option<String>,
    pub priority: Priority,
    pub maximum_bytes_billed: Option<i64>,
    pub job_timeout: Duration,
    pub job_creation_timeout: Duration,
    pub job_retries: u32,
    pub retry_deadline: Duration,
    pub reservation: Option<String>,
    pub quota_project: Option<String>,
    /// Address of the service, without a slash at the end.
    pub bigquery_base: String,
    /// The address comes from `BIGQUERY_EMULATOR_HOST`: no credentials are needed.
    pub is_emulator: bool,
}

impl Settings {
    /// # Errors
    /// A key with a value that cannot be meant, by name.
    pub fn read(target: &Target, environment: &Environment) -> Result<Self, AdapterError> {
        let keys = Keys(&target.settings);
        let project = keys.text("project").or_else(|| keys.text("database")).unwrap_or_else(|| target.database.clone());
        if project.is_empty() {
            return Err(AdapterError::new(ErrorKind::Connection, "the target names no `project`")
                .help("add `project: <your Google Cloud project>` to the target in profiles.yml"));
        }
        let priority = match keys.text("priority") {
            None => Priority::Interactive,
            Some(name) => {
                Priority::from_name(&name).ok_or_else(|| unusable("priority", &name, "`interactive` or `batch`"))?
            }
        };
        let endpoint = keys.text("api_endpoint").map(|endpoint| service_root(&with_scheme(&endpoint, "https")));
        let emulator = environment.bigquery_host.as_deref().map(|host| service_root(&with_scheme(host, "http")));
        let is_emulator = endpoint.is_none() && emulator.is_some();
        Ok(Self {
            execution_project: keys.text("execution_project").unwrap_or_else(|| project.clone()),
            project,
            location: keys.text("location"),
            priority,
            maximum_bytes_billed: keys.whole("maximum_bytes_billed")?.filter(|bytes| *bytes != 0),
            job_timeout: keys
                .seconds(&["job_execution_timeout_seconds", "timeout_seconds"])?
                .unwrap_or(JOB_TIMEOUT_DEFAULT),
            job_creation_timeout: keys
                .seconds(&["job_creation_timeout_seconds"])?
                .unwrap_or(JOB_CREATION_TIMEOUT_DEFAULT),
            job_retries: keys.either(&["job_retries", "retries"])?.map_or(1, |count| u32::try_from(count).unwrap_or(0)),
            retry_deadline: keys.seconds(&["job_retry_deadline_seconds"])?.unwrap_or(RETRY_DEADLINE_DEFAULT),
            reservation: keys.text("reservation"),
            quota_project: keys.text("quota_project"),
            bigquery_base: endpoint.or(emulator).unwrap_or_else(|| BIGQUERY_HOST.to_string()),
            is_emulator,
        })
    }
}

/// Address of Cloud Storage, and whether it is an emulator's.
pub fn storage_base(environment: &Environment) -> (String, bool) {
    match &environment.storage_host {
        Some(host) => (with_scheme(host, "http"), true),
        None => (STORAGE_HOST.to_string(), false),
    }
}

/// `http://host` of an endpoint that may already be spelled down to the version.
fn service_root(endpoint: &str) -> String {
    let root = endpoint.trim_end_matches('/');
    root.strip_suffix("/bigquery/v2").unwrap_or(root).trim_end_matches('/').to_string()
}

/// Reads keys as YAML and `env_var` give them: numbers may be texts.
pub struct Keys<'a>(pub &'a JsonMap);

impl Keys<'_> {
    pub fn text(&self, key: &str) -> Option<String> {
        match self.0.get(key)? {
            Json::String(text) => Some(text.trim().to_string()).filter(|text| !text.is_empty()),
            Json::Number(number) => Some(number.to_string()),
            Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
        }
    }

    fn whole(&self, key: &str) -> Result<Option<i64>, AdapterError> {
        match self.0.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(value) => {
                let text = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().replace('_', ""));
                let number = text.parse().ok().filter(|number: &i64| *number >= 0);
                number.map(Some).ok_or_else(|| unusable(key, &text, "a whole number, 0 or more"))
            }
        }
    }

    fn either(&self, keys: &[&str]) -> Result<Option<i64>, AdapterError> {
        for key in keys {
            if let Some(number) = self.whole(key)? {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    /// Zero means "not set", as in dbt.
    fn seconds(&self, keys: &[&str]) -> Result<Option<Duration>, AdapterError> {
        let seconds = self.either(keys)?.filter(|seconds| *seconds > 0);
        Ok(seconds.map(|seconds| Duration::from_secs(seconds.unsigned_abs())))
    }
}

fn unusable(key: &str, value: &str, wanted: &str) -> AdapterError {
    AdapterError::new(ErrorKind::Connection, format!("`{key}: {value}` of the target cannot be used"))
        .help(format!("give `{key}` {wanted} in profiles.yml"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::relation::AdapterKind;

    fn target(settings: Json) -> Target {
        Target {
            profile_name: "p".into(),
            name: "prod".into(),
            kind: AdapterKind::BigQuery,
            database: "shop".into(),
            schema: "core".into(),
            threads: 1,
            settings: settings.as_object().cloned().unwrap_or_default(),
            context: JsonMap::new(),
        }
    }

    #[test]
    fn keys_have_dbts_defaults_and_aliases() {
        let plain = Settings::read(&target(json!({})), &Environment::default()).expect("defaults are fine");
        assert_eq!((plain.project.as_str(), plain.execution_project.as_str()), ("shop", "shop"));
        assert_eq!(
            (plain.job_retries, plain.job_timeout.as_secs(), plain.priority),
            (1, 86_400, Priority::Interactive)
        );
        assert_eq!(plain.bigquery_base, "https://bigquery.googleapis.com");

        let keys = json!({"retries": "3", "timeout_seconds": 300, "maximum_bytes_billed": "1_000", "priority": "batch",
            "execution_project": "billing", "api_endpoint": "localhost:1/bigquery/v2/"});
        let set = Settings::read(&target(keys), &Environment::default()).expect("aliases are read");
        assert_eq!((set.job_retries, set.job_timeout.as_secs(), set.maximum_bytes_billed), (3, 300, Some(1000)));
        assert_eq!((set.priority, set.execution_project.as_str()), (Priority::Batch, "billing"));
        assert_eq!(set.bigquery_base, "https://localhost:1");
    }

    #[test]
    fn an_endpoint_of_the_profile_wins_over_the_emulator_variable() {
        let environment = Environment { bigquery_host: Some("localhost:9050".into()), ..Environment::default() };
        let emulator = Settings::read(&target(json!({})), &environment).expect("fine");
        assert_eq!((emulator.bigquery_base.as_str(), emulator.is_emulator), ("http://localhost:9050", true));
        let named = Settings::read(&target(json!({"api_endpoint": "https://x.example"})), &environment).expect("fine");
        assert_eq!((named.bigquery_base.as_str(), named.is_emulator), ("https://x.example", false));
    }

    #[test]
    fn a_value_that_cannot_be_meant_is_refused_by_name() {
        let error = Settings::read(&target(json!({"maximum_bytes_billed": "10 GB"})), &Environment::default())
            .expect_err("refused");
        assert_eq!(error.message, "`maximum_bytes_billed: 10 GB` of the target cannot be used");
        assert_eq!(
            error.help.as_deref(),
            Some("give `maximum_bytes_billed` a whole number, 0 or more in profiles.yml")
        );
        let error = Settings::read(&target(json!({"priority": "low"})), &Environment::default()).expect_err("refused");
        assert_eq!(error.help.as_deref(), Some("give `priority` `interactive` or `batch` in profiles.yml"));
    }
}
