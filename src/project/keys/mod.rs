//! Keys nobody knows, with the place they stand at and the key that was most likely meant.
//!
//! dbt lets `ersion: 2` pass in silence. Places where any key is legal (`meta`, arguments of tests, a config's own
//! keys) stay free; inside `config:` only a near miss of a known key is told.

mod configs;
mod packages;
mod project;
mod properties;
mod shape;
mod unused;

pub(super) use packages::check_packages;
pub(super) use project::check_project;
pub(super) use unused::unused_config_paths;

use super::PropertyFile;
use super::yaml::{Yaml, YamlFile, YamlKind};
use crate::diagnostic::Diagnostic;
use shape::Check;

/// Everything that can be said of the keys of a property yml, without knowing the project: keys nobody knows
/// (warnings), and what dbt refuses at once: `models` that are no list, entries without a `name`, another `version`.
pub fn check_properties(file: &PropertyFile) -> Vec<Diagnostic> {
    let yaml = &file.yaml;
    if yaml.root.is_null() {
        return Vec::new();
    }
    if !matches!(yaml.root.kind, YamlKind::Map(_)) {
        let problem = Diagnostic::error("wrong-type", format!("`{}` must be a map of keys to values", yaml.file.path));
        let problem = problem.at(yaml.span(&yaml.root), "not a map");
        return vec![
            problem.help("begin with `models:`, `sources:` or another list; a space belongs behind each colon"),
        ];
    }
    let mut problems = Check::with_shapes(yaml, &properties::FILE);
    problems.extend(version(yaml));
    for (key, list) in yaml.root.entries() {
        let key = key.key_text();
        if properties::LISTS.contains(&key.as_str()) {
            entries_with_names(yaml, &key, list, &mut problems);
        }
    }
    problems
}

/// The config of `models`, `seeds`, … that a key nobody knows was most likely meant to be. Any key is legal among
/// configs, so only what can hardly be anything else counts.
pub fn near_config(section: &str, key: &str) -> Option<&'static str> {
    let known = project::configs_of(section)?;
    if known.shape_of(key).is_some() { None } else { known.near_miss(key) }
}

fn version(yaml: &YamlFile) -> Option<Diagnostic> {
    let version =
        yaml.root.get("version").filter(|version| !matches!(version.kind, YamlKind::Null | YamlKind::Int(2)))?;
    let problem = Diagnostic::warning("unknown-value", "`version` of a property file is 2, whatever is written");
    Some(problem.at(yaml.span(version), "not 2").help("write `version: 2`, or remove the line"))
}

fn entries_with_names(yaml: &YamlFile, key: &str, list: &Yaml, problems: &mut Vec<Diagnostic>) {
    let is_nameless =
        |entry: &&Yaml| matches!(entry.kind, YamlKind::Map(_)) && entry.get("name").is_none_or(Yaml::is_null);
    for entry in list.items().iter().filter(is_nameless) {
        let problem = Diagnostic::error("missing-key", format!("an entry of `{key}` has no `name`"));
        problems.push(problem.at(yaml.span(entry), "this one").help("begin it with `- name:`"));
    }
}
