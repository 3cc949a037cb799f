//! Vars: what `{{ var(…) }}` answers in each package.

use std::path::Path;
use std::sync::Arc;

use super::yaml::{YamlFile, YamlKind};
use super::{Project, read};
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap};

pub(super) const VARS_FILE: &str = "vars.yml";

impl Project {
    /// Vars as a package sees them: `--vars` win over the root project's vars for that package, those over its global
    /// ones, those over the package's own. Values with Jinja in them are not rendered.
    pub fn vars_for(&self, package: &str) -> Arc<JsonMap> {
        let mut vars = JsonMap::new();
        let own = self.packages.iter().skip(1).find(|other| other.name == package);
        for config in own.into_iter().chain(self.packages.first()).map(|package| &package.config) {
            let Some(Json::Object(all)) = config.get("vars") else { continue };
            vars.extend(all.iter().map(|(name, value)| (name.clone(), value.clone())));
            if let Some(Json::Object(scoped)) = all.get(package) {
                vars.extend(scoped.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
        }
        vars.extend(self.cli_vars.iter().map(|(name, value)| (name.clone(), value.clone())));
        Arc::new(vars)
    }
}

/// `vars:` of vars.yml, which stands in for that of dbt_project.yml; empty where there is no such file.
pub(super) fn from_file(root: &Path, problems: &mut Vec<Diagnostic>) -> Option<(YamlFile, JsonMap)> {
    let path = root.join(VARS_FILE);
    if !path.is_file() {
        return None;
    }
    let yaml = match read::yaml(VARS_FILE, &path) {
        Ok(yaml) => yaml,
        Err(problem) => {
            problems.push(*problem);
            return None;
        }
    };
    match yaml.root.get("vars").map(|vars| (&vars.kind, vars.to_json())) {
        Some((YamlKind::Map(_), Json::Object(vars))) => Some((yaml, vars)),
        None if yaml.root.is_null() => None,
        Some((YamlKind::Null, _)) => None,
        Some(_) | None => {
            let place = yaml.root.get("vars").unwrap_or(&yaml.root);
            let problem =
                Diagnostic::error("wrong-type", "`vars.yml` needs one key, `vars`, with a map of names to values");
            let problem = problem.at(yaml.span(place), "no such map here");
            problems.push(problem.help("write `vars:`, and the names below it, indented"));
            None
        }
    }
}

/// Vars must not be in both files.
pub(super) fn only_one_place(project: &YamlFile, vars: &YamlFile) -> Option<Diagnostic> {
    let in_project = project.root.get("vars").filter(|vars| !vars.entries().is_empty())?;
    let in_file = vars.root.get("vars")?;
    let problem = Diagnostic::error("conflicting-keys", "vars are defined in both dbt_project.yml and vars.yml");
    let problem = problem.at(project.span(in_project), "here").at(vars.span(in_file), "and here");
    Some(problem.help("move them all into one of the two"))
}
