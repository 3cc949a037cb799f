//! What a `duckdb` target of profiles.yml asks for, as statements to run on the database and on each connection.
//!
//! The keys and their meaning are those of dbt-duckdb. Opens nothing.

use std::path::{Path, PathBuf};

use ::duckdb::Connection as RawConnection;
use serde_json::Value as Json;

use crate::adapter::{AdapterError, ErrorKind};
use crate::manifest::JsonMap;
use crate::project::Target;
use crate::relation::quoted;

pub(super) struct Profile {
    /// Absolute, or `:memory:`, or an address that DuckDB itself understands.
    pub path: String,
    pub config_options: Vec<(String, String)>,
    pub connect_attempts: u32,
    extensions: Vec<Extension>,
    secrets: Vec<Prepared>,
    attach: Vec<Prepared>,
    settings: Vec<(String, String)>,
}

/// A statement, and what in profiles.yml it stands for. The SQL may hold a secret; `about` does not.
pub(super) struct Prepared {
    pub sql: String,
    pub about: String,
}

struct Extension {
    name: String,
    repository: Option<String>,
}

/// Keys that only dbt's Python process can serve.
const PYTHON_KEYS: [&str; 5] = ["remote", "plugins", "filesystems", "module_paths", "flights"];

impl Profile {
    pub fn read(target: &Target, root: &Path) -> Result<Self, AdapterError> {
        let settings = &target.settings;
        for key in PYTHON_KEYS {
            if settings.get(key).is_some_and(|value| !is_empty(value)) {
                return Err(AdapterError::new(
                    ErrorKind::Unsupported,
                    format!("`{key}` of target `{}` needs Python and is not supported", target.name),
                )
                .help(format!("remove `{key}` from profiles.yml")));
            }
        }
        let path = text(settings.get("path")).unwrap_or_else(|| ":memory:".to_string());
        if ["md:", "motherduck:"].iter().any(|scheme| path.starts_with(scheme)) {
            return Err(AdapterError::new(ErrorKind::Unsupported, "MotherDuck databases are not supported")
                .help("set `path` in profiles.yml to a local file, such as `path: dev.duckdb`"));
        }
        Ok(Self {
            path: resolve(&path, root),
            config_options: pairs(settings, "config_options")?,
            connect_attempts: settings
                .get("retries")
                .and_then(|retries| retries.get("connect_attempts"))
                .and_then(Json::as_u64)
                .map_or(1, |attempts| attempts.min(20) as u32),
            extensions: list(settings, "extensions")?.iter().map(extension).collect::<Result<_, _>>()?,
            secrets: list(settings, "secrets")?.iter().enumerate().map(secret).collect::<Result<_, _>>()?,
            attach: list(settings, "attach")?.iter().map(|entry| attachment(entry, root)).collect::<Result<_, _>>()?,
            settings: pairs(settings, "settings")?,
        })
    }

    /// DuckDB would make the file, but not its folder, and its own message does not say which of the two is missing.
    pub fn check_folder(&self) -> Result<(), AdapterError> {
        let path = Path::new(&self.path);
        let Some(folder) = path.parent().filter(|folder| path.is_absolute() && !folder.is_dir()) else { return Ok(()) };
        Err(AdapterError::new(
            ErrorKind::Connection,
            format!("the folder of the database file `{}` does not exist", self.path),
        )
        .help(format!("create it with `mkdir -p {}`, or change `path` in profiles.yml", folder.display())))
    }

    /// To be run once, right after the database was opened.
    pub fn database_statements(&self, database: &RawConnection) -> Vec<Prepared> {
        let mut statements = vec![Prepared { sql: "set errors_as_json = true".into(), about: "error format".into() }];
        for extension in &self.extensions {
            // Linked-in and installed extensions load without the network.
            if database.execute_batch(&format!("load {}", quoted(&extension.name, '"'))).is_ok() {
                continue;
            }
            let from = extension.repository.as_deref().map(|repository| format!(" from {repository}"));
            let name = quoted(&extension.name, '"');
            statements.push(Prepared {
                sql: format!("install {name}{}; load {name}", from.unwrap_or_default()),
                about: format!("extension `{}`", extension.name),
            });
        }
        let copy = |prepared: &Prepared| Prepared { sql: prepared.sql.clone(), about: prepared.about.clone() };
        statements.extend(self.secrets.iter().map(copy));
        statements.extend(self.attach.iter().map(copy));
        statements
    }

    /// To be run on every connection.
    pub fn session_statements(&self, connection: &RawConnection) -> Vec<Prepared> {
        let ours = |sql: &str| Prepared { sql: sql.to_string(), about: "session set-up".to_string() };
        let mut statements = vec![
            ours("set errors_as_json = true"),
            // Results keep 128-bit integers, UUIDs and zoned times whole.
            ours("set arrow_lossless_conversion = true"),
        ];
        // Alike on every machine, and as BigQuery has it; `settings: {TimeZone: …}` in the profile wins.
        if !self.settings.iter().any(|(key, _)| key.eq_ignore_ascii_case("timezone")) {
            statements.push(ours("set timezone = 'UTC'"));
        }
        // DuckDB 2.0 loses rows where `try_cast` meets a file reader; 1.x does not know this optimizer's name.
        if connection.version().is_ok_and(|version| version.trim_start_matches('v').starts_with("2.")) {
            statements.push(ours("set disabled_optimizers = 'type_pushdown'"));
        }
        statements.extend(self.settings.iter().map(|(key, value)| Prepared {
            sql: format!("set {} = {}", quoted(key, '"'), literal(value)),
            about: format!("setting `{key}`"),
        }));
        statements
    }
}

/// `text` as an SQL string.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn resolve(path: &str, root: &Path) -> String {
    let is_special = path.starts_with(":memory:") || path.is_empty() || path.contains("://") || path.starts_with('~');
    // `ducklake:…`, but not `C:\…`.
    let has_scheme = path.split_once(':').is_some_and(|(scheme, _)| scheme.len() > 1);
    if is_special || has_scheme {
        return path.to_string();
    }
    let joined: PathBuf = root.join(path).components().collect();
    joined.display().to_string()
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(items) => items.is_empty(),
        Json::Object(entries) => entries.is_empty(),
        Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}

/// A scalar as DuckDB's `set` and `attach` take it.
fn text(value: Option<&Json>) -> Option<String> {
    match value? {
        Json::String(text) => Some(text.clone()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Number(number) => Some(number.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn wrong(key: &str, wanted: &str) -> AdapterError {
    AdapterError::new(ErrorKind::Connection, format!("`{key}` of the target in profiles.yml must be {wanted}"))
}

fn list<'a>(settings: &'a JsonMap, key: &str) -> Result<&'a [Json], AdapterError> {
    match settings.get(key) {
        None | Some(Json::Null) => Ok(&[]),
        Some(Json::Array(items)) => Ok(items),
        Some(Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_)) => Err(wrong(key, "a list")),
    }
}

fn pairs(settings: &JsonMap, key: &str) -> Result<Vec<(String, String)>, AdapterError> {
    match settings.get(key) {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::Object(entries)) => entries
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| {
                let value = text(Some(value)).ok_or_else(|| wrong(&format!("{key}.{name}"), "a single value"))?;
                Ok((name.clone(), value))
            })
            .collect(),
        Some(Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_)) => {
            Err(wrong(key, "a map of names and values"))
        }
    }
}

fn extension(entry: &Json) -> Result<Extension, AdapterError> {
    let repository = text(entry.get("repo")).map(|repository| {
        // `core`, `community`, `core_nightly` are words; anything else is an address.
        let is_word = repository.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        if is_word { repository } else { literal(&repository) }
    });
    let name = entry.as_str().map(str::to_string).or_else(|| text(entry.get("name")));
    let name = name.ok_or_else(|| wrong("extensions", "a list of names, or of maps with `name` and `repo`"))?;
    Ok(Extension { name, repository })
}

/// `attach:` entries: `path`, `alias`, `type`, `secret`, `read_only`, `options`.
fn attachment(entry: &Json, root: &Path) -> Result<Prepared, AdapterError> {
    let path = text(entry.get("path")).ok_or_else(|| wrong("attach", "a list of maps with a `path`"))?;
    let kind = text(entry.get("type"));
    let is_file = kind.as_deref().is_none_or(|kind| ["duckdb", "sqlite"].contains(&kind.to_lowercase().as_str()));
    let shown = if is_file { resolve(&path, root) } else { path.clone() };
    let mut options = Vec::new();
    options.extend(kind.map(|kind| format!("type {kind}")));
    options.extend(text(entry.get("secret")).map(|secret| format!("secret {}", quoted(&secret, '"'))));
    if entry.get("read_only").and_then(Json::as_bool) == Some(true) {
        options.push("read_only".to_string());
    }
    for (key, value) in entry.get("options").and_then(Json::as_object).into_iter().flatten() {
        match value {
            Json::Bool(true) => options.push(key.clone()),
            Json::Bool(false) | Json::Null => {}
            Json::Number(number) => options.push(format!("{key} {number}")),
            Json::String(text) if text.starts_with('\'') => options.push(format!("{key} {text}")),
            Json::String(text) => options.push(format!("{key} {}", literal(text))),
            Json::Array(_) | Json::Object(_) => return Err(wrong(&format!("attach.options.{key}"), "a single value")),
        }
    }
    let alias = text(entry.get("alias")).map(|alias| format!(" as {}", quoted(&alias, '"'))).unwrap_or_default();
    let options = if options.is_empty() { String::new() } else { format!(" ({})", options.join(", ")) };
    Ok(Prepared {
        sql: format!("attach if not exists {}{alias}{options}", literal(&shown)),
        about: format!("attached database `{path}`"),
    })
}

/// `secrets:` entries: `type`, `name`, `persistent`, `scope`, and whatever the type of secret takes.
fn secret((index, entry): (usize, &Json)) -> Result<Prepared, AdapterError> {
    let entries = entry.as_object().ok_or_else(|| wrong("secrets", "a list of maps with a `type`"))?;
    let kind = text(entry.get("type")).ok_or_else(|| wrong("secrets", "a list of maps with a `type`"))?;
    let name = text(entry.get("name")).unwrap_or_else(|| format!("_dbt_secret_{}", index + 1));
    let persistent = if entry.get("persistent").and_then(Json::as_bool) == Some(true) { " persistent" } else { "" };
    let mut parameters = vec![format!("type {kind}")];
    for (key, value) in entries {
        match (key.as_str(), value) {
            ("type" | "name" | "persistent", _) | (_, Json::Null) => {}
            ("provider", Json::String(text)) => parameters.push(format!("provider {text}")),
            ("scope", Json::Array(items)) => {
                parameters
                    .extend(items.iter().filter_map(Json::as_str).map(|scope| format!("scope {}", literal(scope))));
            }
            (_, Json::Array(items)) => {
                let items: Vec<_> =
                    items.iter().filter_map(|item| text(Some(item))).map(|item| literal(&item)).collect();
                parameters.push(format!("{key} array [{}]", items.join(", ")));
            }
            (_, Json::Object(entries)) => {
                let entries: Vec<_> = entries
                    .iter()
                    .filter_map(|(key, value)| Some(format!("{}: {}", literal(key), literal(&text(Some(value))?))))
                    .collect();
                parameters.push(format!("{key} map {{{}}}", entries.join(", ")));
            }
            (_, value @ (Json::String(_) | Json::Number(_) | Json::Bool(_))) => {
                parameters.push(format!("{key} {}", literal(&text(Some(value)).unwrap_or_default())));
            }
        }
    }
    Ok(Prepared {
        sql: format!("create or replace{persistent} secret {} ({})", quoted(&name, '"'), parameters.join(", ")),
        about: format!("secret `{name}`"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relation::AdapterKind;
    use serde_json::json;

    fn target(settings: Json) -> Target {
        Target {
            profile_name: "p".into(),
            name: "dev".into(),
            kind: AdapterKind::DuckDb,
            database: "dev".into(),
            schema: "main".into(),
            threads: 1,
            settings: settings.as_object().cloned().unwrap_or_default(),
            context: JsonMap::new(),
        }
    }

    fn read(settings: Json) -> Result<Profile, AdapterError> {
        Profile::read(&target(settings), Path::new("/project"))
    }

    #[test]
    fn a_relative_path_is_taken_from_the_project_and_special_names_stay() {
        let path = |path: &str| read(json!({ "path": path })).unwrap().path;
        assert_eq!(path("dev.duckdb"), "/project/dev.duckdb");
        assert_eq!(path("./data/dev.duckdb"), "/project/data/dev.duckdb");
        assert_eq!(path(":memory:"), ":memory:");
        assert_eq!(path("s3://bucket/x.duckdb"), "s3://bucket/x.duckdb");
        assert_eq!(read(json!({})).unwrap().path, ":memory:");
    }

    #[test]
    fn attachments_and_secrets_are_written_as_duckdb_takes_them() {
        let profile = read(json!({
            "attach": [
                { "path": "other.duckdb", "alias": "it's", "read_only": true },
                { "path": "host=h", "type": "postgres", "options": { "schema": "public", "x": false } },
            ],
            "secrets": [{ "type": "s3", "key_id": "a'b", "scope": ["s3://x"] }],
        }))
        .unwrap();
        let all: Vec<_> = profile.attach.iter().chain(&profile.secrets).map(|prepared| prepared.sql.as_str()).collect();
        insta::assert_snapshot!(all.join("\n"), @r#"
        attach if not exists '/project/other.duckdb' as "it's" (read_only)
        attach if not exists 'host=h' (type postgres, schema 'public')
        create or replace secret "_dbt_secret_1" (type s3, key_id 'a''b', scope 's3://x')
        "#);
    }

    #[test]
    fn what_needs_python_or_a_hosted_service_is_refused_by_name() {
        let message = |settings| read(settings).err().map(|error| error.message).unwrap_or_default();
        assert_eq!(
            message(json!({ "plugins": [{ "module": "excel" }] })),
            "`plugins` of target `dev` needs Python and is not supported"
        );
        assert_eq!(message(json!({ "path": "md:db" })), "MotherDuck databases are not supported");
        assert_eq!(
            message(json!({ "settings": ["x"] })),
            "`settings` of the target in profiles.yml must be a map of names and values"
        );
        assert_eq!(message(json!({ "plugins": [] })), "");
    }
}
