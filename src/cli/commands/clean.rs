//! `clean`: removes the folders that are made anew, and nothing a person wrote.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap};
use crate::session::Exit;

/// Folders of a project that hold what people wrote, with dbt's names for where they are.
const WRITTEN: [(&str, &[&str]); 7] = [
    ("model-paths", &["models"]),
    ("seed-paths", &["seeds"]),
    ("test-paths", &["tests"]),
    ("analysis-paths", &["analyses"]),
    ("macro-paths", &["macros"]),
    ("snapshot-paths", &["snapshots"]),
    ("docs-paths", &["docs"]),
];

pub fn run(context: &mut Context<'_>) -> Result<Exit, Exit> {
    let project_dir = context.project_dir().to_path_buf();
    let project_only = context.values.switch("clean-project-files-only");
    let project_only = context.told(project_only)?.unwrap_or(true);
    let target = context.settings.load.target_path.clone().unwrap_or_else(|| PathBuf::from("target"));
    let folders = match texts(context.project_file, "clean-targets") {
        Some(folders) => folders.into_iter().map(PathBuf::from).collect(),
        None => vec![target],
    };
    let folders: Vec<_> = folders.iter().map(|folder| flattened(&project_dir.join(folder))).collect();
    let written = written_folders(&project_dir, context.project_file);
    // Nothing is removed unless all of it may be.
    let refused: Vec<_> =
        folders.iter().filter_map(|folder| refusal(folder, &project_dir, &written, project_only)).collect();
    if !refused.is_empty() {
        for problem in refused {
            context.tell(problem);
        }
        return Ok(Exit::Failed);
    }
    for folder in folders {
        match remove(&folder) {
            Ok(true) => context.talk(format!("cleaned {}", folder.display())),
            Ok(false) => context.talk(format!("{} is not there", folder.display())),
            Err(error) => {
                let message = format!("cannot remove `{}`: {error}", folder.display());
                context.tell(Diagnostic::error("cannot-clean", message));
                return Err(Exit::Unable);
            }
        }
    }
    Ok(Exit::Fine)
}

fn refusal(folder: &Path, project_dir: &Path, written: &[PathBuf], project_only: bool) -> Option<Diagnostic> {
    let shown = folder.display();
    let refused = |why: &str| Diagnostic::error("protected-folder", format!("`{shown}` is not removed: {why}"));
    let project_dir = flattened(project_dir);
    if project_dir.starts_with(folder) {
        return Some(refused("it holds the project").help("take it out of `clean-targets` in dbt_project.yml"));
    }
    if let Some(source) = written.iter().find(|source| source.starts_with(folder) || folder.starts_with(source)) {
        let why = format!("`{}` holds what people wrote", source.display());
        return Some(refused(&why).help("take it out of `clean-targets` in dbt_project.yml"));
    }
    (project_only && !folder.starts_with(&project_dir)).then(|| {
        refused("it lies outside the project").help("add `--no-clean-project-files-only` to remove it all the same")
    })
}

fn written_folders(project_dir: &Path, project_file: &JsonMap) -> Vec<PathBuf> {
    let folders = WRITTEN.iter().flat_map(|(key, defaults)| {
        texts(project_file, key).unwrap_or_else(|| defaults.iter().map(|name| (*name).to_string()).collect())
    });
    folders.map(|folder| flattened(&project_dir.join(folder))).collect()
}

fn texts(project_file: &JsonMap, key: &str) -> Option<Vec<String>> {
    match project_file.get(key)? {
        Json::Array(items) => Some(items.iter().filter_map(Json::as_str).map(str::to_string).collect()),
        Json::String(text) => Some(vec![text.clone()]),
        _ => None,
    }
}

/// Without `.` and `..`, links not followed: what a link points to is not ours to remove.
fn flattened(path: &Path) -> PathBuf {
    let mut flat = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                flat.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => flat.push(component),
        }
    }
    flat
}

/// Whether there was something to remove.
fn remove(folder: &Path) -> io::Result<bool> {
    let removed = match fs::symlink_metadata(folder) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(folder),
        Ok(_) => fs::remove_file(folder),
        Err(error) => Err(error),
    };
    match removed {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
