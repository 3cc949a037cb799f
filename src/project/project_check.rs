//! What can be wrong with a dbt_project.yml apart from its keys: the name, types, keys of old.

use std::path::Path;

use super::project_file::{CONFIG_TREES, PATHS, ProjectFile};
use super::render::plain;
use super::yaml::{Yaml, YamlFile};
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap};
use crate::source::Span;

/// Names that mean something else in Jinja.
/// Source: dbt-core 1.12, `BANNED_PROJECT_NAMES`.
const RESERVED_NAMES: [&str; 40] = [
    "_sql_results",
    "adapter",
    "api",
    "column",
    "config",
    "context",
    "database",
    "env",
    "env_var",
    "exceptions",
    "execute",
    "flags",
    "fromjson",
    "fromyaml",
    "graph",
    "invocation_id",
    "load_agate_table",
    "load_result",
    "log",
    "model",
    "modules",
    "post_hooks",
    "pre_hooks",
    "ref",
    "render",
    "return",
    "run_started_at",
    "schema",
    "source",
    "sql",
    "sql_now",
    "store_result",
    "store_raw_result",
    "target",
    "this",
    "tojson",
    "toyaml",
    "try_or_compiler_error",
    "var",
    "write",
];

/// Folders that dbt's own starter projects named once; many projects list them and have none.
const OLD_FOLDERS: [&str; 2] = ["analysis", "data"];

type IsRight = fn(&Json) -> bool;

/// Keys with a type of their own: what they must be, what to write, and whether a value is that.
const TYPES: [(&str, &str, &str, IsRight); 13] = [
    ("profile", "a text", "write `profile: my_profile`", Json::is_string),
    ("target-path", "a text", "write `target-path: target`", Json::is_string),
    ("log-path", "a text", "write `log-path: logs`", Json::is_string),
    ("packages-install-path", "a text", "write `packages-install-path: dbt_packages`", Json::is_string),
    ("dispatch", "a list", "begin each rule with `- macro_namespace:`", Json::is_array),
    ("restrict-access", "true or false", "write `restrict-access: true`", Json::is_boolean),
    ("version", "a version", "write `version: \"1.0.0\"`", |value| plain(value).is_some()),
    ("config-version", "2", "write `config-version: 2`, or remove the line", |value| value.as_i64() == Some(2)),
    ("require-dbt-version", "a text or a list", "write a list such as [\">=1.3.0\", \"<3.0.0\"]", is_text_or_list),
    ("query-comment", "a text or a map", "write `query-comment: run by {{ target.name }}`", |value| {
        value.is_string() || value.is_object()
    }),
    ("on-run-start", "a text or a list of texts", "write each statement behind a `- `", is_text_or_list),
    ("on-run-end", "a text or a list of texts", "write each statement behind a `- `", is_text_or_list),
    ("clean-targets", "a list", "write `clean-targets: [\"target\"]`", Json::is_array),
];

fn is_text_or_list(value: &Json) -> bool {
    value.is_string() || value.is_array()
}

pub(super) fn not_a_map(yaml: &YamlFile) -> Diagnostic {
    let problem = Diagnostic::error("wrong-type", format!("`{}` must be a map of keys to values", yaml.file.path));
    let problem = problem.at(yaml.span(&yaml.root), "not a map");
    problem.help("begin with `name: my_project`; a space belongs behind each colon")
}

/// Checks that add what they find.
pub(super) struct Check<'a> {
    yaml: &'a YamlFile,
    problems: &'a mut Vec<Diagnostic>,
}

impl<'a> Check<'a> {
    pub fn new(yaml: &'a YamlFile, problems: &'a mut Vec<Diagnostic>) -> Self {
        Self { yaml, problems }
    }

    /// The project's name, if it can be one.
    pub fn name(&mut self, config: &JsonMap) -> Option<String> {
        let Some(value) = self.yaml.root.get("name") else {
            let problem = Diagnostic::error("missing-key", format!("`{}` has no `name`", self.yaml.file.path));
            let problem = problem.at(Span::start_of(&self.yaml.file), "");
            self.problems.push(problem.help("add a line `name: my_project`"));
            return None;
        };
        let name = config.get("name").and_then(Json::as_str).unwrap_or_default().to_string();
        let is_word = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        let starts_well = name.chars().next().is_some_and(|letter| !letter.is_numeric());
        if !is_word || !starts_well {
            let wanted: String =
                name.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '_' }).collect();
            let wanted = wanted.trim_start_matches(|letter: char| letter.is_numeric() || letter == '_').to_string();
            let problem = Diagnostic::error("bad-name", format!("`{name}` cannot be the name of a project"));
            let problem = problem.at(self.yaml.span(value), "letters, digits and underscores only, no digit first");
            let wanted = if wanted.is_empty() { "my_project" } else { &wanted };
            self.problems.push(problem.help(format!("write `name: {wanted}`")));
            return None;
        }
        if RESERVED_NAMES.contains(&name.as_str()) {
            let problem = Diagnostic::error("bad-name", format!("`{name}` cannot be the name of a project"));
            let problem = problem.at(self.yaml.span(value), "a reserved word of Jinja");
            self.problems.push(problem.help(format!("write `name: {name}_project`")));
            return None;
        }
        Some(name)
    }

    pub fn types(&mut self, config: &JsonMap) {
        for key in PATHS.map(|(key, _)| key).into_iter().chain(["clean-targets"]) {
            self.list_of_texts(config, key);
        }
        for key in CONFIG_TREES.into_iter().chain(["vars", "quoting", "flags"]) {
            self.expect(
                config,
                key,
                "a map",
                &format!("write `{key}:` and its keys below it, indented"),
                Json::is_object,
            );
        }
        for (key, wanted, help, is_right) in TYPES {
            self.expect(config, key, wanted, help, is_right);
        }
        if self.yaml.root.get("tests").is_some() && self.yaml.root.get("data_tests").is_some() {
            let problem = Diagnostic::error("conflicting-keys", "`tests` and `data_tests` mean the same");
            let problem = problem.at(self.key_span("tests"), "given here");
            let problem = problem.at(self.key_span("data_tests"), "and here");
            self.problems.push(problem.help("keep `data_tests` and move the configs of `tests` into it"));
        }
    }

    /// Keys of old versions: still read, but a better one exists.
    pub fn retired_keys(&mut self) {
        for (old, new) in [("source-paths", "model-paths"), ("data-paths", "seed-paths")] {
            if self.yaml.root.get(old).is_none() {
                continue;
            }
            let span = self.key_span(old);
            let problem = if self.yaml.root.get(new).is_some() {
                Diagnostic::error("conflicting-keys", format!("`{old}` and `{new}` mean the same"))
                    .at(span, format!("the old name of `{new}`"))
                    .help(format!("remove `{old}`"))
            } else {
                Diagnostic::warning("retired-key", format!("`{old}` is the old name of `{new}`"))
                    .at(span, "still read, for now")
                    .help(format!("write `{new}`"))
            };
            self.problems.push(problem);
        }
    }

    /// Each rule of `dispatch` says for which macros, and where to look.
    pub fn dispatch(&mut self, config: &JsonMap) {
        let written = self.yaml.root.get("dispatch").map(Yaml::items).unwrap_or_default();
        let rules = config.get("dispatch").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        for (written, rule) in written.iter().zip(rules) {
            let has_order = rule.get("search_order").is_some_and(Json::is_array);
            if rule.get("macro_namespace").is_some_and(Json::is_string) && has_order {
                continue;
            }
            let problem =
                Diagnostic::error("wrong-type", "a rule of `dispatch` needs `macro_namespace` and `search_order`");
            let problem = problem.at(self.yaml.span(written), "one of them is missing or of another type");
            self.problems
                .push(problem.help("write `{macro_namespace: dbt_utils, search_order: [my_project, dbt_utils]}`"));
        }
    }

    fn list_of_texts(&mut self, config: &JsonMap, key: &str) {
        let is_texts = |value: &Json| value.as_array().is_some_and(|items| items.iter().all(Json::is_string));
        let Some(value) = config.get(key).filter(|value| !value.is_null() && !is_texts(value)) else { return };
        let span = self.yaml.root.get(key).map(|value| self.yaml.span(value));
        let problem = Diagnostic::error("wrong-type", format!("`{key}` must be a list of texts"));
        let problem = match span {
            Some(span) => problem.at(span, format!("this is {}", kind_of(value))),
            None => problem,
        };
        let example = value.as_str().unwrap_or("models");
        self.problems.push(problem.help(format!("write `{key}: [\"{example}\"]`")));
    }

    fn expect(&mut self, config: &JsonMap, key: &str, wanted: &str, help: &str, is_right: impl Fn(&Json) -> bool) {
        let Some(value) = config.get(key).filter(|value| !value.is_null() && !is_right(value)) else { return };
        let written = [key, &key.replace('_', "-"), &key.replace('-', "_"), key.trim_start_matches("data_")];
        let written = written.iter().find_map(|key| self.yaml.root.get(key));
        let problem = Diagnostic::error("wrong-type", format!("`{key}` must be {wanted}"));
        let span = written.map_or_else(|| Span::start_of(&self.yaml.file), |value| self.yaml.span(value));
        self.problems.push(problem.at(span, format!("this is {}", kind_of(value))).help(help));
    }

    fn key_span(&self, key: &str) -> Span {
        let key = self.yaml.root.entries().iter().map(|(name, _)| name).find(|name| name.as_str() == Some(key));
        key.map_or_else(|| Span::start_of(&self.yaml.file), |key| self.yaml.span(key))
    }
}

/// `a text`, `a list`, …: what a value is, in words.
pub(super) fn kind_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "nothing",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a map",
    }
}

/// A folder that was named, but is not there, and is none of dbt's own.
pub(super) fn missing_folders(file: &ProjectFile, root: &Path) -> Vec<Diagnostic> {
    let folders: Vec<String> = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let missing = file.written_paths().filter(|(key, default, path)| {
        let name = path.as_str().unwrap_or_default();
        let is_ordinary = name.is_empty()
            || Some(name) == *default
            || OLD_FOLDERS.contains(&name)
            || *key == "asset-paths"
            || *key == "docs-paths";
        !is_ordinary && !super::render::has_jinja(name) && !root.join(name).exists()
    });
    missing
        .map(|(key, _, path)| {
            let name = path.as_str().unwrap_or_default();
            let problem =
                Diagnostic::warning("missing-folder", format!("`{key}` names `{name}`, which does not exist"));
            let problem = problem.at(file.yaml.span(path), "no such folder");
            problem.suggest(name, folders.iter().map(String::as_str))
        })
        .collect()
}
