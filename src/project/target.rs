//! A target's settings, checked, and what `{{ target }}` shows of them.

use super::Target;
use super::options::LoadOptions;
use super::project_check::kind_of;
use super::settings::{BIGQUERY, BIGQUERY_ALIASES, COMMON, DUCKDB, Kind, Setting};
use super::yaml::{Yaml, YamlFile};
use crate::diagnostic::{Diagnostic, nearest};
use crate::manifest::{Json, JsonMap};
use crate::relation::AdapterKind;
use crate::source::Span;

/// Adapters dbt knows and we do not: they are named when refused.
const OTHER_ADAPTERS: [&str; 9] =
    ["postgres", "redshift", "snowflake", "databricks", "spark", "trino", "athena", "sqlserver", "clickhouse"];

/// The target as it stands in profiles.yml.
pub(super) struct Written<'a> {
    pub file: &'a YamlFile,
    pub output: &'a Yaml,
    pub profile_name: String,
    pub name: String,
}

/// Checks the rendered settings; what is wrong is added to `problems`.
pub(super) fn read(
    written: Written<'_>,
    settings: JsonMap,
    options: &LoadOptions,
    problems: &mut Vec<Diagnostic>,
) -> Option<Target> {
    let errors_before = problems.iter().filter(|problem| problem.is_error()).count();
    let mut check = Check { written: &written, settings, problems };
    let kind = check.kind()?;
    check.fit(match kind {
        AdapterKind::DuckDb => DUCKDB,
        AdapterKind::BigQuery => BIGQUERY,
    });
    let threads = check.threads(options);
    let (database, schema) = match kind {
        AdapterKind::DuckDb => (check.duckdb_database(), check.text("schema").unwrap_or_else(|| "main".to_string())),
        AdapterKind::BigQuery => {
            check.bigquery_credentials();
            (check.bigquery_project(options), check.bigquery_dataset())
        }
    };
    let mut settings = check.settings;
    settings.insert("threads".to_string(), Json::from(threads));
    if problems.iter().filter(|problem| problem.is_error()).count() > errors_before {
        return None;
    }
    let mut context = match kind {
        AdapterKind::DuckDb => duckdb_context(&settings, &database, &schema),
        AdapterKind::BigQuery => bigquery_context(&settings, &database, &schema),
    };
    for (key, value) in [
        ("type", Json::from(kind.name())),
        ("threads", Json::from(threads)),
        ("name", Json::from(written.name.as_str())),
        ("target_name", Json::from(written.name.as_str())),
        ("profile_name", Json::from(written.profile_name.as_str())),
    ] {
        context.insert(key.to_string(), value);
    }
    let Written { profile_name, name, .. } = written;
    Some(Target { profile_name, name, kind, database, schema, threads, settings, context })
}

struct Check<'a> {
    written: &'a Written<'a>,
    settings: JsonMap,
    problems: &'a mut Vec<Diagnostic>,
}

impl Check<'_> {
    fn kind(&mut self) -> Option<AdapterKind> {
        let name = match self.settings.get("type") {
            Some(Json::String(name)) => name.clone(),
            Some(_) | None => {
                let problem = Diagnostic::error("missing-key", format!("target `{}` has no `type`", self.written.name));
                let problem = problem.at(self.written.file.span(self.written.output), "which warehouse is it?");
                self.problems.push(problem.help("add `type: duckdb` or `type: bigquery`"));
                return None;
            }
        };
        if let Some(kind) = AdapterKind::from_name(&name) {
            return Some(kind);
        }
        let problem = Diagnostic::error("unknown-adapter", format!("no adapter is named `{name}`"));
        let problem = problem.at(self.span("type"), "not a warehouse that can be used");
        self.problems.push(match nearest(&name, ["duckdb", "bigquery"]) {
            Some(near) if !OTHER_ADAPTERS.contains(&name.as_str()) => problem.help(format!("did you mean `{near}`?")),
            _ => problem.help("Tamis runs on `duckdb` and `bigquery`; choose such a target with `--target`"),
        });
        None
    }

    /// Brings settings into their types; unknown ones are warned of, and kept.
    fn fit(&mut self, own: &'static [Setting]) {
        let known: Vec<&str> = COMMON.iter().chain(own).map(|setting| setting.name).collect();
        let mut fitted = JsonMap::new();
        for (name, value) in std::mem::take(&mut self.settings) {
            match COMMON.iter().chain(own).find(|setting| setting.name == name) {
                None => {
                    let message = format!("unknown key `{name}` in target `{}`", self.written.name);
                    let problem = Diagnostic::warning("unknown-key", message);
                    let problem = problem.at(self.key_span(&name), "not a setting of this warehouse");
                    self.problems.push(problem.suggest(&name, known.iter().copied()));
                    fitted.insert(name, value);
                }
                Some(setting) => match setting.kind.fitted(&value) {
                    Some(value) => {
                        fitted.insert(name, value);
                    }
                    None => self.wrong_type(setting, &value),
                },
            }
        }
        self.settings = fitted;
    }

    fn wrong_type(&mut self, setting: &Setting, value: &Json) {
        let problem =
            Diagnostic::error("wrong-type", format!("`{}` must be {}", setting.name, setting.kind.in_words()));
        let problem = match (setting.kind, value) {
            (Kind::Choice(names), Json::String(text)) => {
                let problem = problem.at(self.span(setting.name), "none of these");
                problem.suggest(text, names.iter().copied())
            }
            _ => problem.at(self.span(setting.name), format!("this is {}", kind_of(value))),
        };
        self.problems.push(problem);
    }

    fn threads(&mut self, options: &LoadOptions) -> usize {
        let own = self.settings.get("threads").and_then(Json::as_u64);
        if own == Some(0) {
            let problem = Diagnostic::error("wrong-type", "`threads` must be at least 1");
            self.problems.push(problem.at(self.span("threads"), "nothing could run"));
        }
        options.threads.or(own.and_then(|threads| usize::try_from(threads).ok())).unwrap_or(1).max(1)
    }

    /// The catalog: DuckDB names it after the file.
    fn duckdb_database(&mut self) -> String {
        let path = self.text("path").unwrap_or_else(|| ":memory:".to_string());
        let derived = duckdb_catalog(&path);
        let Some(database) = self.text("database") else { return derived };
        let attached = self.settings.get("attach").and_then(Json::as_array).into_iter().flatten();
        let is_attached = attached.filter_map(|entry| entry.get("alias")?.as_str()).any(|alias| alias == database);
        let is_remote = self.settings.get("remote").is_some_and(|remote| !remote.is_null());
        if database != derived && !is_attached && !is_remote {
            let message = format!("`database` is `{database}`, but the file `{path}` is the catalog `{derived}`");
            let problem = Diagnostic::error("conflicting-keys", message);
            let problem = problem.at(self.span("database"), "DuckDB names a catalog after its file");
            self.problems.push(problem.help(format!("remove `database`, or write `database: {derived}`")));
        }
        database
    }

    fn bigquery_project(&mut self, options: &LoadOptions) -> String {
        let written = self.text("project").or_else(|| self.text("database"));
        let from_key = || {
            let key = self.settings.get("keyfile_json")?;
            key.get("project_id")?.as_str().map(str::to_string)
        };
        let from_environment = || {
            let names = ["GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"];
            names.iter().find_map(|name| options.variable(name)).map(str::to_string)
        };
        if let Some(project) = written.or_else(from_key).or_else(from_environment) {
            return project;
        }
        self.missing("project", "add `project: <your Google Cloud project>`, or set GOOGLE_CLOUD_PROJECT");
        String::new()
    }

    fn bigquery_dataset(&mut self) -> String {
        let dataset = self.text("dataset").or_else(|| self.text("schema"));
        dataset.unwrap_or_else(|| {
            self.missing("dataset", "add `dataset: <name>`: where models are built");
            String::new()
        })
    }

    /// Each way to log in needs settings of its own.
    fn bigquery_credentials(&mut self) {
        let needed: &[&str] = match self.text("method").as_deref() {
            Some("service-account") => &["keyfile"],
            Some("service-account-json") => &["keyfile_json"],
            Some("oauth-secrets") if self.text("token").is_none() => &["refresh_token", "client_id", "client_secret"],
            Some("external-oauth-wif") => &["workload_pool_provider_path", "token_endpoint"],
            Some(_) => &[],
            None => {
                let is_wrong = self.problems.iter().any(|problem| problem.message.starts_with("`method`"));
                if !is_wrong {
                    self.missing("method", "add `method: oauth`, or another way to log in");
                }
                &[]
            }
        };
        let method = self.text("method").unwrap_or_default();
        for name in needed {
            if self.settings.get(*name).is_none_or(Json::is_null) {
                self.missing(name, &format!("add `{name}`, which `method: {method}` needs"));
            }
        }
    }

    fn missing(&mut self, name: &str, help: &str) {
        let problem = Diagnostic::error("missing-key", format!("target `{}` has no `{name}`", self.written.name));
        let problem = problem.at(self.written.file.span(self.written.output), format!("`{name}` is missing here"));
        self.problems.push(problem.help(help));
    }

    fn text(&self, name: &str) -> Option<String> {
        let text = self.settings.get(name).and_then(Json::as_str).map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_string)
    }

    fn span(&self, name: &str) -> Span {
        let (file, output) = (self.written.file, self.written.output);
        output.get(name).map_or_else(|| file.span(output), |value| file.span(value))
    }

    fn key_span(&self, name: &str) -> Span {
        let (file, output) = (self.written.file, self.written.output);
        let key = output.entries().iter().map(|(key, _)| key).find(|key| key.key_text() == name);
        key.map_or_else(|| file.span(output), |key| file.span(key))
    }
}

/// The name DuckDB gives the catalog of a file.
/// Source: dbt-duckdb 1.11, `path_derived_database_name`.
fn duckdb_catalog(path: &str) -> String {
    if path == ":memory:" {
        return "memory".to_string();
    }
    let (scheme, rest) = match path.split_once(':') {
        Some((scheme, rest)) if scheme.len() > 1 && scheme.chars().all(|letter| letter.is_ascii_alphanumeric()) => {
            (scheme.to_lowercase(), rest)
        }
        _ => (String::new(), path),
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let base = rest.rsplit(['/', '\\']).next().unwrap_or_default();
    match scheme.as_str() {
        "md" | "motherduck" if base.is_empty() => "my_db".to_string(),
        "md" | "motherduck" => base.rsplit_once('.').map_or(base, |(stem, _)| stem).to_string(),
        "ducklake" => {
            let stem = base.rsplit_once('.').map_or(base, |(stem, _)| stem);
            stem.rsplit(':').next().unwrap_or(stem).to_string()
        }
        _ => base.trim_start_matches('.').split('.').next().unwrap_or_default().to_string(),
    }
}

/// Source: dbt-duckdb 1.11, `DuckDBCredentials._connection_keys`.
fn duckdb_context(settings: &JsonMap, database: &str, schema: &str) -> JsonMap {
    let given = |name: &str| settings.get(name).cloned().unwrap_or(Json::Null);
    let or = |name: &str, default: Json| Some(given(name)).filter(|value| !value.is_null()).unwrap_or(default);
    let shown = [
        ("database", Json::from(database)),
        ("schema", Json::from(schema)),
        ("path", or("path", Json::from(":memory:"))),
        ("config_options", given("config_options")),
        ("extensions", given("extensions")),
        ("settings", without_secrets(or("settings", Json::Object(JsonMap::new())))),
        ("external_root", or("external_root", Json::from("."))),
        ("use_credential_provider", given("use_credential_provider")),
        ("attach", given("attach")),
        ("filesystems", given("filesystems")),
        ("remote", without_secrets(given("remote"))),
        ("plugins", given("plugins")),
        ("disable_transactions", or("disable_transactions", Json::from(false))),
    ];
    shown.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}

/// dbt shows these maps whole; passwords and tokens in them are nobody's business.
fn without_secrets(value: Json) -> Json {
    let Json::Object(map) = value else { return value };
    let is_secret = |name: &str| {
        let name = name.to_lowercase();
        ["password", "token", "secret", "access_key"].iter().any(|part| name.contains(part))
    };
    Json::Object(map.into_iter().filter(|(name, _)| !is_secret(name)).collect())
}

/// Source: dbt-bigquery 1.12, `BigQueryCredentials._connection_keys`; aliases are shown beside the names they mean.
fn bigquery_context(settings: &JsonMap, project: &str, dataset: &str) -> JsonMap {
    let given = |name: &str| {
        let alias = BIGQUERY_ALIASES.iter().find(|(_, kept)| *kept == name).map(|(alias, _)| *alias);
        let value = settings.get(name).or_else(|| settings.get(alias?));
        value.cloned().unwrap_or(Json::Null)
    };
    let or = |name: &str, default: Json| Some(given(name)).filter(|value| !value.is_null()).unwrap_or(default);
    let mut context = JsonMap::new();
    for (name, value) in [
        ("method", given("method")),
        ("database", Json::from(project)),
        ("execution_project", or("execution_project", Json::from(project))),
        ("schema", Json::from(dataset)),
        ("location", given("location")),
        ("priority", given("priority")),
        ("maximum_bytes_billed", given("maximum_bytes_billed")),
        ("reservation", given("reservation")),
        ("impersonate_service_account", given("impersonate_service_account")),
        ("job_retry_deadline_seconds", given("job_retry_deadline_seconds")),
        ("job_retries", or("job_retries", Json::from(1))),
        ("job_creation_timeout_seconds", given("job_creation_timeout_seconds")),
        ("job_execution_timeout_seconds", given("job_execution_timeout_seconds")),
        ("job_link_info_level_log", or("job_link_info_level_log", Json::from(false))),
        ("client_id", given("client_id")),
        ("token_uri", given("token_uri")),
        ("compute_region", given("compute_region")),
        ("dataproc_cluster_name", given("dataproc_cluster_name")),
        ("gcs_bucket", given("gcs_bucket")),
        ("dataproc_batch", given("dataproc_batch")),
    ] {
        context.insert(name.to_string(), value);
    }
    for (alias, kept) in BIGQUERY_ALIASES {
        let value = context.get(kept).cloned().unwrap_or(Json::Null);
        context.insert(alias.to_string(), value);
    }
    context
}

#[cfg(test)]
mod tests {
    use super::duckdb_catalog;

    #[test]
    fn duckdb_names_a_catalog_after_its_file() {
        for (path, catalog) in [
            (":memory:", "memory"),
            ("crimes.duckdb", "crimes"),
            ("target/my.db.duckdb", "my"),
            ("/data/.hidden.duckdb", "hidden"),
            ("C:\\data\\crimes.duckdb", "crimes"),
            ("md:", "my_db"),
            ("md:shared?token=x", "shared"),
            ("motherduck:shared.v1", "shared"),
            ("ducklake:lake.ducklake", "lake"),
            ("s3://bucket/a/b.duckdb", "b"),
        ] {
            assert_eq!(duckdb_catalog(path), catalog, "{path}");
        }
    }
}
