//! Configs of dbt_project.yml that apply to nothing: a folder that is not there, a package nobody has, a project's
//! name that was left out.

use std::collections::BTreeSet;

use super::project::{configs_of, is_config};
use crate::diagnostic::Diagnostic;
use crate::project::yaml::{Yaml, YamlKind};
use crate::project::{Package, PackageFile};

/// Paths of configs in the project's trees that no folder, package or resource fits.
pub(in crate::project) fn unused_config_paths(project: &Package, others: &[Package]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (key, tree) in project.yaml.root.entries() {
        let Some(key) = key.as_str().filter(|key| configs_of(key).is_some()) else { continue };
        let packages = std::iter::once(project).chain(others);
        let names = packages.map(|package| (package.name.as_str(), Names::of(key, package))).collect();
        let mut search = Search { project, key, names, problems: &mut problems };
        search.packages(tree);
    }
    problems
}

struct Search<'a> {
    project: &'a Package,
    /// `models`, `seeds`, …
    key: &'a str,
    names: Vec<(&'a str, Names)>,
    problems: &'a mut Vec<Diagnostic>,
}

impl Search<'_> {
    fn packages(&mut self, tree: &Yaml) {
        for (key, value) in tree.entries() {
            let name = key.key_text();
            if is_config(&name, value) {
                continue;
            }
            match self.names.iter().position(|(package, _)| *package == name) {
                Some(index) => self.folders(value, index, &mut vec![]),
                None => self.no_such_package(key, &name),
            }
        }
    }

    fn folders(&mut self, tree: &Yaml, package: usize, path: &mut Vec<String>) {
        for (key, value) in tree.entries() {
            let name = key.key_text();
            if is_config(&name, value) {
                continue;
            }
            path.push(name.clone());
            if self.names[package].1.has(path) {
                self.folders(value, package, path);
            } else {
                self.nothing_there(key, &name, package, path);
            }
            path.pop();
        }
    }

    fn no_such_package(&mut self, key: &Yaml, name: &str) {
        let own = &self.names[0];
        let problem = self.problem(&format!("`{name}` is not a package"), key, "the first level names a package");
        let is_folder = own.1.has(&[name.to_string()]);
        let config = configs_of(self.key).is_some_and(|configs| configs.shape_of(name).is_some());
        self.problems.push(if is_folder {
            problem.help(format!("indent it below `{}:`, whose folder it is", own.0))
        } else if config {
            problem.help(format!("write `+{name}:` to set the config of that name"))
        } else {
            problem.suggest(name, self.names.iter().map(|(package, _)| *package))
        });
    }

    fn nothing_there(&mut self, key: &Yaml, name: &str, package: usize, path: &[String]) {
        let (package, names) = &self.names[package];
        let full = format!("{package}.{}", path.join("."));
        let problem = self.problem(&format!("`{full}` fits no {}", self.noun()), key, "no such folder or name");
        let is_config = configs_of(self.key).is_some_and(|configs| configs.shape_of(name).is_some());
        let known = names.beside(path);
        self.problems.push(if is_config {
            problem.help(format!("write `+{name}:` to set the config of that name"))
        } else {
            problem.suggest(name, known.iter().map(String::as_str))
        });
    }

    fn problem(&self, message: &str, key: &Yaml, label: &str) -> Diagnostic {
        let message = format!("config of `{}` is not used: {message}", self.key);
        Diagnostic::warning("unused-config-path", message).at(self.project.yaml.span(key), label)
    }

    fn noun(&self) -> &str {
        match self.key {
            "analyses" => "analysis",
            "saved-queries" | "saved_queries" => "saved query",
            "data_tests" | "tests" => "test",
            key => key.trim_end_matches('s'),
        }
    }
}

/// Paths that resources of one kind have in a package: folders, then the resource's name, then whatever follows.
#[derive(Default)]
struct Names {
    known: BTreeSet<Vec<String>>,
    /// Folders below which any name may stand, because names are not known before everything is parsed.
    open: BTreeSet<Vec<String>>,
}

impl Names {
    fn of(key: &str, package: &Package) -> Self {
        let files = &package.files;
        let mut names = Self::default();
        match key {
            "models" => {
                names.add_files(&files.models);
                names.add_versions(package);
            }
            "seeds" => files.seeds.iter().for_each(|seed| names.add(parts(&seed.path))),
            "analyses" => names.add_files(&files.analyses),
            "functions" => {
                names.add_files(&files.functions);
                names.open_ymls(package, "functions");
            }
            // A snapshot's name stands in its block.
            "snapshots" => {
                for file in &files.snapshots {
                    let mut path = parts(&file.path);
                    names.add(path.clone());
                    names.open.insert(path.clone());
                    path.pop();
                    names.open.insert(path);
                }
                names.open_ymls(package, "snapshots");
            }
            "tests" | "data_tests" => {
                names.add_files(&files.tests);
                ["models", "seeds", "snapshots", "sources"].iter().for_each(|key| names.open_ymls(package, key));
            }
            // Sources, exposures, metrics, …: declared in ymls, named by their folder and their own name.
            _ => names.open_ymls(package, &key.replace('-', "_")),
        }
        names
    }

    fn add_files(&mut self, files: &[PackageFile]) {
        files.iter().for_each(|file| self.add(parts(&file.path)));
    }

    fn add(&mut self, path: Vec<String>) {
        for length in 1..=path.len() {
            self.known.insert(path[..length].to_vec());
        }
    }

    /// Models with versions are named by model and version, whatever their files are called.
    fn add_versions(&mut self, package: &Package) {
        for file in &package.files.properties {
            for model in file.yaml.root.get("models").map(Yaml::items).unwrap_or_default() {
                let Some(name) = model.get("name").and_then(Yaml::as_str).filter(|_| model.get("versions").is_some())
                else {
                    continue;
                };
                let mut path = parts(&file.path);
                path.pop();
                path.push(name.to_string());
                self.open.insert(path.clone());
                self.add(path);
            }
        }
    }

    fn open_ymls(&mut self, package: &Package, key: &str) {
        let declaring = package
            .files
            .properties
            .iter()
            .filter(|file| file.yaml.root.get(key).is_some_and(|list| !matches!(list.kind, YamlKind::Null)));
        for file in declaring {
            let mut path = parts(&file.path);
            path.pop();
            self.add(path.clone());
            self.open.insert(path);
        }
    }

    fn has(&self, path: &[String]) -> bool {
        self.known.contains(path) || (0..path.len()).any(|length| self.open.contains(&path[..length]))
    }

    /// Names at the same place, for suggestions.
    fn beside(&self, path: &[String]) -> Vec<String> {
        let parent = &path[..path.len() - 1];
        let siblings = self.known.iter().filter(|known| known.len() == path.len() && known.starts_with(parent));
        siblings.filter_map(|known| known.last().cloned()).collect()
    }
}

/// Folders and the name without its ending.
fn parts(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = path.split('/').map(str::to_string).collect();
    if let Some(name) = parts.last_mut()
        && let Some((stem, _)) = name.rsplit_once('.')
    {
        *name = stem.to_string();
    }
    parts
}
