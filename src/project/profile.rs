//! profiles.yml: the profile of a project, and in it the target to work on.

use std::path::{Path, PathBuf};

use super::locate::{self, PROFILES_FILE};
use super::options::LoadOptions;
use super::render::Render;
use super::yaml::{Yaml, YamlFile, YamlKind};
use super::{Target, YamlRenderer, YamlScope, read, target};
use crate::diagnostic::{Diagnostic, nearest};
use crate::manifest::Json;
use crate::source::Span;

/// The name a target has when a profile does not say which one it means.
const DEFAULT_TARGET: &str = "default";

/// What is known before profiles.yml is opened.
pub(super) struct Wanted<'a> {
    pub options: &'a LoadOptions,
    pub project_dir: &'a Path,
    pub project: &'a YamlFile,
    pub renderer: &'a dyn YamlRenderer,
}

impl Wanted<'_> {
    /// The target to work on; what is wrong is added to `problems`.
    pub fn target(&self, problems: &mut Vec<Diagnostic>) -> Option<Target> {
        let (profile_name, named_at) = self.profile_name(problems)?;
        let path = match locate::profiles_file(self.options, self.project_dir) {
            Ok(path) => path,
            Err(problem) => {
                problems.push(*problem);
                return None;
            }
        };
        let file = match read::yaml(&shown(&path, self), &path) {
            Ok(file) => file,
            Err(problem) => {
                problems.push(*problem);
                return None;
            }
        };
        problems.extend(file.warnings.iter().cloned());
        let profile = self.profile(&file, &profile_name, named_at, problems)?;
        let (name, output) = self.output(&file, &profile_name, profile, problems)?;
        let mut render = self.render(&file);
        let settings = render.all(output);
        let is_rendered = render.problems.is_empty();
        problems.append(&mut render.problems);
        let Json::Object(settings) = settings else { return None };
        let written = target::Written { file: &file, output, profile_name, name };
        is_rendered.then(|| target::read(written, settings, self.options, problems)).flatten()
    }

    /// The profile's name and, when it is the project that names it, where.
    fn profile_name(&self, problems: &mut Vec<Diagnostic>) -> Option<(String, Option<Span>)> {
        if let Some(name) = &self.options.profile {
            return Some((name.clone(), None));
        }
        let Some(value) = self.project.root.get("profile").filter(|value| !value.is_null()) else {
            let problem = Diagnostic::error("no-profile", "the project does not say which profile it uses");
            let problem = problem.at(Span::start_of(&self.project.file), "");
            problems.push(problem.help("add `profile: my_profile` to dbt_project.yml, or use `--profile`"));
            return None;
        };
        let mut render = self.render(self.project);
        let rendered = render.all(value);
        let is_rendered = render.problems.is_empty();
        problems.append(&mut render.problems);
        let span = self.project.span(value);
        match rendered {
            Json::String(name) => Some((name, Some(span))),
            _ if !is_rendered => None,
            _ => {
                problems.push(Diagnostic::error("wrong-type", "`profile` must be a text").at(span, "not a text"));
                None
            }
        }
    }

    fn profile<'f>(
        &self,
        file: &'f YamlFile,
        name: &str,
        named_at: Option<Span>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<&'f Yaml> {
        let profiles = file.root.entries();
        let known = || profiles.iter().filter_map(|(name, _)| name.as_str()).filter(|name| *name != "config");
        let found = file.root.get(name);
        if let Some(profile) = found.filter(|profile| matches!(profile.kind, YamlKind::Map(_))) {
            return Some(profile);
        }
        let problem = match found {
            Some(empty) if empty.is_null() => Diagnostic::error("no-profile", format!("profile `{name}` is empty"))
                .at(key_span(file, name), "nothing below it"),
            Some(other) => Diagnostic::error("wrong-type", format!("profile `{name}` must be a map"))
                .at(file.span(other), "not a map"),
            None => {
                let problem =
                    Diagnostic::error("no-profile", format!("there is no profile `{name}` in `{}`", file.file.path));
                let problem = match named_at {
                    Some(span) => problem.at(span, "named here").at(Span::start_of(&file.file), "looked for here"),
                    None => problem.at(Span::start_of(&file.file), "looked for here"),
                };
                let names: Vec<&str> = known().collect();
                match nearest(name, names.iter().copied()) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None if names.is_empty() => {
                        problem.help(format!("add a profile `{name}:` with `target` and `outputs`"))
                    }
                    None => problem.help(format!("use one of its profiles: {}", listed(&names))),
                }
            }
        };
        problems.push(problem);
        None
    }

    /// The chosen target and its settings, not yet rendered.
    fn output<'f>(
        &self,
        file: &'f YamlFile,
        profile_name: &str,
        profile: &'f Yaml,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<(String, &'f Yaml)> {
        for (key, _) in profile.entries() {
            let name = key.key_text();
            // `config` held flags once, before dbt_project.yml did.
            if !matches!(name.as_str(), "target" | "outputs" | "config") {
                let problem =
                    Diagnostic::warning("unknown-key", format!("unknown key `{name}` in profile `{profile_name}`"));
                problems
                    .push(problem.at(file.span(key), "not a key of a profile").suggest(&name, ["target", "outputs"]));
            }
        }
        let (name, named_at) = self.target_name(file, profile, problems)?;
        let outputs = profile.get("outputs").filter(|outputs| matches!(outputs.kind, YamlKind::Map(_)));
        let Some(outputs) = outputs else {
            let problem = Diagnostic::error("no-target", format!("profile `{profile_name}` has no `outputs`"));
            let problem = problem.at(key_span(file, profile_name), "its targets are missing");
            problems.push(problem.help("add `outputs:` with a target below it, such as `dev: {type: duckdb}`"));
            return None;
        };
        match outputs.get(&name) {
            Some(output) if matches!(output.kind, YamlKind::Map(_)) => Some((name, output)),
            Some(output) => {
                let problem = Diagnostic::error("wrong-type", format!("target `{name}` must be a map of settings"));
                problems.push(
                    problem.at(file.span(output), "not a map").help("begin it with `type: duckdb` or `type: bigquery`"),
                );
                None
            }
            None => {
                let known: Vec<String> = outputs.entries().iter().map(|(key, _)| key.key_text()).collect();
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let problem =
                    Diagnostic::error("no-target", format!("profile `{profile_name}` has no target `{name}`"));
                let span = named_at.unwrap_or_else(|| key_span(file, profile_name));
                let problem = problem.at(span, "looked for here").note(format!("its targets: {}", listed(&known)));
                let is_default = self.options.target.is_none() && profile.get("target").is_none();
                problems.push(match nearest(&name, known.iter().copied()) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None if is_default => {
                        problem.help("say which one is meant with `target:` in the profile, or with `--target`")
                    }
                    None => problem.help("choose one of its targets with `--target`"),
                });
                None
            }
        }
    }

    fn target_name(
        &self,
        file: &YamlFile,
        profile: &Yaml,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<(String, Option<Span>)> {
        if let Some(name) = &self.options.target {
            return Some((name.clone(), None));
        }
        let Some(value) = profile.get("target").filter(|value| !value.is_null()) else {
            return Some((DEFAULT_TARGET.to_string(), None));
        };
        let mut render = self.render(file);
        let rendered = render.all(value);
        let is_rendered = render.problems.is_empty();
        problems.append(&mut render.problems);
        match super::render::plain(&rendered) {
            Some(name) => Some((name.into_owned(), Some(file.span(value)))),
            None if !is_rendered => None,
            None => {
                let problem = Diagnostic::error("wrong-type", "`target` must be a text");
                problems.push(problem.at(file.span(value), "not a text"));
                None
            }
        }
    }

    fn render<'r>(&'r self, file: &'r YamlFile) -> Render<'r> {
        let scope = YamlScope {
            vars: &self.options.vars,
            target: None,
            may_read_secrets: true,
            project_name: None,
            invocation: None,
        };
        Render::new(self.renderer, scope, file)
    }
}

/// profiles.yml as people see it: below the project, below home, or where it is.
fn shown(path: &Path, wanted: &Wanted<'_>) -> String {
    let home = wanted.options.variable("HOME").map(PathBuf::from);
    match home.as_deref().and_then(|home| path.strip_prefix(home.join(".dbt")).ok()) {
        Some(_) => format!("~/.dbt/{PROFILES_FILE}"),
        None => locate::shown(path, wanted.project_dir),
    }
}

fn key_span(file: &YamlFile, key: &str) -> Span {
    let key = file.root.entries().iter().map(|(name, _)| name).find(|name| name.key_text() == key);
    key.map_or_else(|| Span::start_of(&file.file), |key| file.span(key))
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
