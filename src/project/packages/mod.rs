//! Which packages a project uses, and where they lie. Nothing is fetched here: `deps` does that.

mod declared;
mod outline;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::locate;
pub(crate) use super::locate::PROJECT_FILE;
use super::{YamlRenderer, YamlScope, read};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

pub(crate) use declared::{DEPENDENCIES_FILE, PACKAGES_FILE};
pub use declared::{DeclaredPackage, PackageKind, PackageReader};
pub use outline::{ProjectOutline, package_name};

pub(crate) const LOCK_FILE: &str = "package-lock.yml";

/// A folder with a package in it.
pub(super) struct PackageRoot {
    pub root: PathBuf,
    /// Named with `local:`, so somebody works on it; otherwise it was installed and is not ours to complain about.
    pub is_local: bool,
    /// The link to it among the installed packages, where `deps` made one: dbt knows it by that.
    pub link: Option<PathBuf>,
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
    /// Notes what the package at `root` asks for.
    fn declared(&mut self, root: &Path) {
        let mut reader = PackageReader::new(self.renderer, self.scope);
        let declared = reader.of_folder(root, self.project);
        self.problems.append(&mut reader.problems);
        for package in declared {
            if package.kind == PackageKind::Local {
                self.local(root, &package.place, package.declared_at);
                continue;
            }
            let folder = package.text("subdirectory").unwrap_or(&package.place);
            let name = package.text("name").map_or_else(|| last_part(folder), str::to_string);
            self.remotes.push(Remote { name, declared_at: package.declared_at });
        }
    }

    fn local(&mut self, root: &Path, path: &str, declared_at: Span) {
        let package = local_folder(self.project, root, path);
        if !package.join(PROJECT_FILE).is_file() {
            let problem = Diagnostic::error("missing-package", format!("there is no package at `{path}`"));
            let problem = problem.at(declared_at, format!("no `{PROJECT_FILE}` there"));
            self.problems.push(problem.help("correct the path; it is taken from the project's folder"));
            return;
        }
        if self.seen.insert(canonical(&package)) {
            let root = lexically_clean(&package);
            self.locals.push(PackageRoot { root, is_local: true, link: None, declared_at: Some(declared_at) });
        }
    }

    fn installed(&mut self, folder: &Path) -> Vec<PackageRoot> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
        folders.sort();
        let mut found = Vec::new();
        for root in folders {
            let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with("__") || name.starts_with('.') {
                continue;
            }
            let target = canonical(&root);
            if !self.seen.insert(target.clone()) {
                if let Some(local) = self.locals.iter_mut().find(|local| canonical(&local.root) == target) {
                    local.link = Some(root);
                }
                continue;
            }
            if root.join(PROJECT_FILE).is_file() {
                found.push(PackageRoot { root, is_local: false, link: None, declared_at: None });
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
        let folders: Vec<String> = installed
            .iter()
            .map(|package| package.root.file_name().unwrap_or_default().to_string_lossy().into_owned())
            .collect();
        // The lock knows the packages of packages too, by the names of their folders.
        let locked = self.locked();
        let is_whole = |wanted: &[Remote]| installed.len() >= wanted.len();
        let wanted = if is_whole(&locked) { &self.remotes } else { &locked };
        if is_whole(wanted) {
            return;
        }
        for remote in wanted.iter().filter(|remote| !folders.iter().any(|folder| is_same_name(folder, &remote.name))) {
            let problem = Diagnostic::error("missing-package", format!("package `{}` is not installed", remote.name));
            let problem = problem.at(remote.declared_at.clone(), "asked for here");
            self.problems.push(problem.help("run `tamis deps`"));
        }
    }

    /// Packages that package-lock.yml names and that are not local ones. What is wrong with it is for `deps` to say.
    fn locked(&self) -> Vec<Remote> {
        let file = read::yaml(LOCK_FILE, &self.project.join(LOCK_FILE)).ok();
        let entries = file.as_ref().and_then(|file| Some((file, file.root.get("packages")?)));
        let entries = entries.into_iter().flat_map(|(file, list)| list.items().iter().map(move |entry| (file, entry)));
        let remotes = entries.filter(|(_, entry)| entry.get(PackageKind::Local.key()).is_none());
        let remotes = remotes.filter_map(|(file, entry)| {
            let name = entry.get("name")?;
            Some(Remote { name: name.as_str()?.to_string(), declared_at: file.span(name) })
        });
        remotes.collect()
    }
}

/// The folder of a `local:` package that the package at `root` asks for.
///
/// dbt takes it from the project's folder, whoever asks; a local package's own folder is our second guess.
pub(crate) fn local_folder(project: &Path, root: &Path, path: &str) -> PathBuf {
    let path = match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    };
    let from_project = project.join(&path);
    if from_project.join(PROJECT_FILE).is_file() { from_project } else { root.join(path) }
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
pub(crate) fn lexically_clean(path: &Path) -> PathBuf {
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
