//! One dbt_project.yml: its values rendered, its types and names checked.

use super::project_check::{Check, not_a_map};
use super::render::Render;
use super::yaml::{Yaml, YamlFile, YamlKind};
use super::{DispatchRule, YamlRenderer, YamlScope, version};
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap};
use crate::source::Span;

/// Trees of configs by folder.
pub(super) const CONFIG_TREES: [&str; 12] = [
    "models",
    "seeds",
    "snapshots",
    "analyses",
    "sources",
    "data_tests",
    "unit_tests",
    "metrics",
    "semantic-models",
    "saved-queries",
    "exposures",
    "functions",
];

/// Lists of folders, with the folder each has by default.
pub(super) const PATHS: [(&str, Option<&str>); 9] = [
    ("model-paths", Some("models")),
    ("macro-paths", Some("macros")),
    ("seed-paths", Some("seeds")),
    ("test-paths", Some("tests")),
    ("analysis-paths", Some("analyses")),
    ("snapshot-paths", Some("snapshots")),
    ("function-paths", Some("functions")),
    ("asset-paths", None),
    ("docs-paths", None),
];

/// A dbt_project.yml that was read and rendered.
pub(super) struct ProjectFile {
    pub yaml: YamlFile,
    pub config: JsonMap,
    pub name: String,
}

impl ProjectFile {
    /// Renders and checks; what is wrong is added to `problems`. `None` when there is nothing to go on with.
    pub fn new(
        yaml: YamlFile,
        renderer: &dyn YamlRenderer,
        scope: YamlScope<'_>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        if !matches!(yaml.root.kind, YamlKind::Map(_)) {
            problems.push(not_a_map(&yaml));
            return None;
        }
        let mut render = Render::new(renderer, scope, &yaml);
        let rendered = render.value(&yaml.root, &mut Vec::new(), &is_rendered_later);
        problems.append(&mut render.problems);
        let Json::Object(config) = rendered else { return None };
        let mut file = Self { yaml, config: with_dbts_spelling(config), name: String::new() };
        let mut check = Check::new(&file.yaml, problems);
        check.retired_keys();
        file.name = check.name(&file.config)?;
        check.types(&file.config);
        check.dispatch(&file.config);
        file.fill_in();
        Some(file)
    }

    /// dbt's defaults, and a list wherever one text may stand for a list.
    fn fill_in(&mut self) {
        for (old, new) in [("source-paths", "model-paths"), ("data-paths", "seed-paths")] {
            if let Some(paths) = self.config.shift_remove(old).filter(|_| !self.config.contains_key(new)) {
                self.config.insert(new.to_string(), paths);
            }
        }
        for (key, default) in PATHS {
            let is_given = self.config.get(key).is_some_and(Json::is_array);
            if !is_given && (default.is_some() || key == "asset-paths") {
                self.config.insert(key.to_string(), default.into_iter().collect());
            }
        }
        for key in ["on-run-start", "on-run-end"] {
            let hooks = match self.config.shift_remove(key) {
                None | Some(Json::Null) => Json::Array(Vec::new()),
                Some(hooks @ Json::Array(_)) => hooks,
                Some(hook) => Json::Array(vec![hook]),
            };
            self.config.insert(key.to_string(), hooks);
        }
        for key in CONFIG_TREES.into_iter().chain(["vars", "quoting", "flags"]) {
            if !self.config.get(key).is_some_and(Json::is_object) {
                self.config.insert(key.to_string(), Json::Object(JsonMap::new()));
            }
        }
        let folder = self.config.get("packages-install-path").and_then(Json::as_str).unwrap_or("dbt_packages");
        self.config.insert("packages-install-path".to_string(), Json::from(folder.to_string()));
    }

    /// Folders of a `…-paths` key.
    pub fn paths(&self, key: &str) -> Vec<String> {
        let paths = self.config.get(key).and_then(Json::as_array);
        let paths = paths.into_iter().flatten().filter_map(Json::as_str);
        paths.map(|path| path.trim_end_matches('/').to_string()).collect()
    }

    /// Paths that somebody wrote, with their places.
    pub fn written_paths(&self) -> impl Iterator<Item = (&'static str, Option<&'static str>, &Yaml)> {
        PATHS.into_iter().flat_map(|(key, default)| {
            let paths = self.yaml.root.get(key).map(Yaml::items).unwrap_or_default();
            paths.iter().map(move |path| (key, default, path))
        })
    }

    pub fn dispatch(&self) -> Vec<DispatchRule> {
        let rules = self.config.get("dispatch").and_then(Json::as_array);
        let rules = rules.into_iter().flatten().filter_map(|rule| {
            let order = rule.get("search_order")?.as_array()?;
            Some(DispatchRule {
                macro_namespace: rule.get("macro_namespace")?.as_str()?.to_string(),
                search_order: order.iter().filter_map(Json::as_str).map(str::to_string).collect(),
            })
        });
        rules.collect()
    }

    /// Whether this package wants another dbt than ours.
    pub fn check_version(&self, problems: &mut Vec<Diagnostic>) {
        let Some(required) = self.config.get("require-dbt-version").filter(|required| !required.is_null()) else {
            return;
        };
        let conditions: Vec<&str> = match required {
            Json::String(condition) => vec![condition],
            Json::Array(conditions) => conditions.iter().filter_map(Json::as_str).collect(),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => Vec::new(),
        };
        let span = self.span_of("require-dbt-version");
        let problem = match version::is_satisfied(&conditions) {
            Ok(true) => return,
            Ok(false) => {
                let message = format!("`{}` requires another version of dbt than {}", self.name, version::DBT_VERSION);
                Diagnostic::error("wrong-version", message)
                    .at(span, format!("dbt {} is followed here", version::DBT_VERSION))
                    .help("widen the range, or run with `--no-version-check`")
            }
            Err(condition) => Diagnostic::error("wrong-version", format!("`{condition}` is not a range of versions"))
                .at(span, "cannot be understood")
                .help("write a list such as [\">=1.3.0\", \"<3.0.0\"]"),
        };
        problems.push(problem);
    }

    pub fn span_of(&self, key: &str) -> Span {
        self.yaml.root.get(key).map_or_else(|| Span::start_of(&self.yaml.file), |value| self.yaml.span(value))
    }
}

/// Hooks, comments and vars are rendered when they are used.
/// Source: dbt-core 1.12, `DbtProjectYamlRenderer.should_render_keypath`.
fn is_rendered_later(path: &[String]) -> bool {
    match path.first().map(String::as_str) {
        Some("on-run-start" | "on-run-end" | "query-comment" | "vars") => true,
        Some("seeds" | "models" | "snapshots" | "tests" | "data_tests") => path.iter().any(|key| {
            matches!(key.trim_start_matches(['+', ' ']), "pre-hook" | "post-hook" | "pre_hook" | "post_hook")
        }),
        _ => false,
    }
}

/// One spelling for keys that have two, so that readers look in one place.
fn with_dbts_spelling(config: JsonMap) -> JsonMap {
    let has_data_tests = config.contains_key("data_tests") || config.contains_key("data-tests");
    let spelled = config.into_iter().map(|(key, value)| {
        let key = match key.as_str() {
            "tests" if !has_data_tests => "data_tests".to_string(),
            "data-tests" => "data_tests".to_string(),
            "unit-tests" => "unit_tests".to_string(),
            "semantic_models" | "saved_queries" | "on_run_start" | "on_run_end" | "query_comment"
            | "restrict_access" => key.replace('_', "-"),
            _ => key,
        };
        (key, value)
    });
    spelled.collect()
}
