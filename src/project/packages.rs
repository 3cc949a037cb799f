//! Which packages a project uses, and where they lie. Nothing is fetched here: `tamis deps` does that.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::locate::{self, PROJECT_FILE};
use super::render::Render;
use super::yaml::{Yaml, YamlFile, YamlKind};
use super::{YamlRenderer, YamlScope, keys, read};
use crate::diagnostic::Diagnostic;
use crate::manifest::Json;
use crate::source::Span;

pub(super) const PACKAGES_FILE: &str = "packages.yml";
pub(super) const DEPENDENCIES_FILE: &str = "dependencies.yml";

/// A folder with a package in it.
pub(super) struct PackageRoot {
    pub root: PathBuf,
    /// Named with `local:`, so somebody works on it; otherwise it was installed and is not ours to complain about.
    pub is_local: bool,
    /// Where it was asked for, when it was with `local:`.
    pub declared_at: Option<Span>,
}

/// A package that is asked for from elsewhere.
struct Remote {
    name: String,
    declared_at: Span,
}

/// Finds the packages of the project at `root`, its own `local:` ones first, then those below `install_path`.
pub(super) fn find(
    root: &Path,
    install_path: &str,
    renderer: &dyn YamlRenderer,
    scope: YamlScope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<PackageRoot> {
    let mut search = Search {
        project: root,
        renderer,
        scope,
        problems,
        locals: Vec::new(),
        remotes: Vec::new(),
        seen: BTreeSet::new(),
    };
    search.seen.insert(canonical(root));
    search.declared(root);
    // Local packages may ask for more; the list grows while it is walked.
    let mut next = 0;
    while let Some(package) = search.locals.get(next) {
        let root = package.root.clone();
        search.declared(&root);
        next += 1;
    }
    let installed = search.installed(&root.join(install_path));
    search.check_installed(&installed);
    search.locals.into_iter().chain(installed).collect()
}

struct Search<'a> {
    project: &'a Path,
    renderer: &'a dyn YamlRenderer,
    scope: YamlScope<'a>,
    problems: &'a mut Vec<Diagnostic>,
    locals: Vec<PackageRoot>,
    remotes: Vec<Remote>,
    seen: BTreeSet<PathBuf>,
}

impl Search<'_> {
    /// Reads what the package at `root` asks for.
    fn declared(&mut self, root: &Path) {
        let files: Vec<YamlFile> =
            [PACKAGES_FILE, DEPENDENCIES_FILE].iter().filter_map(|name| self.file(&root.join(name))).collect();
        let lists: Vec<(&YamlFile, &Yaml)> =
            files.iter().filter_map(|file| Some((file, file.root.get("packages")?))).collect();
        if let [(first, one), (second, other)] = lists.as_slice() {
            let problem =
                Diagnostic::error("conflicting-keys", "packages are listed in both packages.yml and dependencies.yml");
            let problem = problem.at(first.span(one), "here").at(second.span(other), "and here");
            self.problems.push(problem.help("move them all into one of the two"));
        }
        for (file, list) in lists {
            match &list.kind {
                YamlKind::List(entries) => entries.iter().for_each(|entry| self.entry(root, file, entry)),
                YamlKind::Null => {}
                _ => {
                    let problem = Diagnostic::error("wrong-type", "`packages` must be a list");
                    let problem = problem.at(file.span(list), "not a list");
                    self.problems.push(problem.help("begin each package with `- package:`, `- git:` or `- local:`"));
                }
            }
        }
    }

    fn file(&mut self, path: &Path) -> Option<YamlFile> {
        if !path.is_file() {
            return None;
        }
        match read::yaml(&locate::shown(path, self.project), path) {
            Ok(file) => {
                self.problems.extend(file.warnings.iter().cloned());
                self.problems.extend(keys::check_packages(&file));
                Some(file)
            }
            Err(problem) => {
                self.problems.push(*problem);
                None
            }
        }
    }

    fn entry(&mut self, root: &Path, file: &YamlFile, entry: &Yaml) {
        let kinds = ["local", "package", "git", "tarball", "private"];
        let Some((kind, value)) = kinds.iter().find_map(|kind| Some((*kind, entry.get(kind)?))) else {
            let problem =
                Diagnostic::error("wrong-type", "a package needs one of `package`, `git`, `local`, `tarball`");
            let problem = problem.at(file.span(entry), "does not say what it is");
            self.problems.push(problem.help("write `- package: dbt-labs/dbt_utils` with a `version` below it"));
            return;
        };
        let declared_at = file.span(value);
        let Some(text) = self.text(file, value) else {
            let problem = Diagnostic::error("wrong-type", format!("`{kind}` of a package must be a text"));
            self.problems.push(problem.at(declared_at, "not a text"));
            return;
        };
        if kind == "local" {
            self.local(root, &text, declared_at);
            return;
        }
        let own_name = entry.get("name").and_then(|name| self.text(file, name));
        let folder = entry.get("subdirectory").and_then(|folder| self.text(file, folder));
        let name = own_name.unwrap_or_else(|| last_part(folder.as_deref().unwrap_or(&text)));
        self.remotes.push(Remote { name, declared_at });
    }

    fn text(&mut self, file: &YamlFile, value: &Yaml) -> Option<String> {
        let scope = YamlScope { may_read_secrets: true, ..self.scope };
        let mut render = Render::new(self.renderer, scope, file);
        let rendered = render.all(value);
        self.problems.append(&mut render.problems);
        match rendered {
            Json::String(text) if !text.trim().is_empty() => Some(text),
            _ => None,
        }
    }

    fn local(&mut self, root: &Path, path: &str, declared_at: Span) {
        let package = root.join(path);
        if !package.join(PROJECT_FILE).is_file() {
            let problem = Diagnostic::error("missing-package", format!("there is no package at `{path}`"));
            let problem = problem.at(declared_at, format!("no `{PROJECT_FILE}` there"));
            self.problems.push(problem.help("correct the path; it is taken from the folder of this file"));
            return;
        }
        if self.seen.insert(canonical(&package)) {
            let root = lexically_clean(&package);
            self.locals.push(PackageRoot { root, is_local: true, declared_at: Some(declared_at) });
        }
    }

    fn installed(&mut self, folder: &Path) -> Vec<PackageRoot> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
        folders.sort();
        let mut found = Vec::new();
        for root in folders {
            let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with("__") || name.starts_with('.') || !self.seen.insert(canonical(&root)) {
                continue;
            }
            if root.join(PROJECT_FILE).is_file() {
                found.push(PackageRoot { root, is_local: false, declared_at: None });
            } else {
                let shown = locate::shown(&root, self.project);
                let problem = Diagnostic::error("missing-package", format!("`{shown}` has no `{PROJECT_FILE}`"));
                self.problems.push(problem.help("remove the folder, or run `tamis deps` again"));
            }
        }
        found
    }

    /// dbt counts; so do we, since a package's folder need not have the name it is asked for by.
    fn check_installed(&mut self, installed: &[PackageRoot]) {
        if installed.len() >= self.remotes.len() {
            return;
        }
        let folders: Vec<String> = installed
            .iter()
            .map(|package| package.root.file_name().unwrap_or_default().to_string_lossy().into_owned())
            .collect();
        for remote in
            self.remotes.iter().filter(|remote| !folders.iter().any(|folder| is_same_name(folder, &remote.name)))
        {
            let problem = Diagnostic::error("missing-package", format!("package `{}` is not installed", remote.name));
            let problem = problem.at(remote.declared_at.clone(), "asked for here");
            self.problems.push(problem.help("run `tamis deps`"));
        }
    }
}

fn is_same_name(one: &str, other: &str) -> bool {
    one.replace('-', "_").eq_ignore_ascii_case(&other.replace('-', "_"))
}

/// `dbt_utils` of `dbt-labs/dbt_utils`, `https://…/dbt-utils.git` and `integration/dbt_utils/`.
fn last_part(text: &str) -> String {
    let text = text.trim_end_matches('/').trim_end_matches(".git");
    text.rsplit(['/', ':']).next().unwrap_or(text).to_string()
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// `a/../b` as `b`, so that paths people see stay short.
fn lexically_clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir if clean.file_name().is_some() => {
                clean.pop();
            }
            std::path::Component::CurDir => {}
            _ => clean.push(part),
        }
    }
    clean
}
