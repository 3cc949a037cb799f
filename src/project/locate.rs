//! Where the project and its profiles.yml are.

use std::path::{Path, PathBuf};

use super::options::LoadOptions;
use crate::diagnostic::Diagnostic;

pub(crate) const PROJECT_FILE: &str = "dbt_project.yml";
pub(super) const PROFILES_FILE: &str = "profiles.yml";

/// The folder of dbt_project.yml: as asked for, else the working folder or the nearest one above it.
///
/// # Errors
/// `no-project`.
pub(super) fn project_dir(options: &LoadOptions) -> Result<PathBuf, Box<Diagnostic>> {
    let named = options.project_dir.clone().map(|dir| (dir, "--project-dir"));
    let named = named.or_else(|| options.variable("DBT_PROJECT_DIR").map(|dir| (dir.into(), "DBT_PROJECT_DIR")));
    if let Some((dir, by)) = named {
        let dir = options.working_dir.join(dir);
        if dir.join(PROJECT_FILE).is_file() {
            return Ok(dir);
        }
        refuse_folder(&dir, PROJECT_FILE, "no-project")?;
        let message = format!("there is no `{PROJECT_FILE}` in `{}`", dir.display());
        return Err(no_project(message).help(format!("correct the folder named by `{by}`")).into());
    }
    let found = options.working_dir.ancestors().find(|dir| dir.join(PROJECT_FILE).is_file());
    if found.is_none() {
        options.working_dir.ancestors().try_for_each(|dir| refuse_folder(dir, PROJECT_FILE, "no-project"))?;
    }
    found.map(Path::to_path_buf).ok_or_else(|| {
        let message =
            format!("there is no `{PROJECT_FILE}` in `{}`, nor in any folder above", options.working_dir.display());
        no_project(message)
            .help("go to a project, name one with `--project-dir`, or start one with `tamis init`")
            .into()
    })
}

/// A folder where the file should be.
fn refuse_folder(dir: &Path, file: &str, code: &'static str) -> Result<(), Box<Diagnostic>> {
    if !dir.join(file).is_dir() {
        return Ok(());
    }
    let problem = Diagnostic::error(code, format!("`{}` is a folder, not a file", dir.join(file).display()));
    Err(Box::new(problem.help(format!("rename the folder, and write the file `{file}` in its place"))))
}

fn no_project(message: String) -> Diagnostic {
    Diagnostic::error("no-project", message)
}

/// profiles.yml: in the folder asked for, else the first there is of the working folder, the project and `~/.dbt`.
///
/// # Errors
/// `no-profiles`, naming every place that was looked at.
pub(super) fn profiles_file(options: &LoadOptions, project_dir: &Path) -> Result<PathBuf, Box<Diagnostic>> {
    let named = options.profiles_dir.clone().map(|dir| (dir, "--profiles-dir"));
    let named = named.or_else(|| options.variable("DBT_PROFILES_DIR").map(|dir| (dir.into(), "DBT_PROFILES_DIR")));
    if let Some((dir, by)) = named {
        let dir = options.working_dir.join(home_expanded(&dir, options));
        let file = dir.join(PROFILES_FILE);
        if file.is_file() {
            return Ok(file);
        }
        refuse_folder(&dir, PROFILES_FILE, "no-profiles")?;
        let message = format!("there is no `{PROFILES_FILE}` in `{}`", dir.display());
        let problem = Diagnostic::error("no-profiles", message);
        return Err(problem.help(format!("correct the folder named by `{by}`")).into());
    }
    let home = home(options).map(|home| home.join(".dbt"));
    let places: Vec<PathBuf> =
        [Some(options.working_dir.clone()), Some(project_dir.to_path_buf()), home].into_iter().flatten().collect();
    let found = places.iter().map(|dir| dir.join(PROFILES_FILE)).find(|file| file.is_file());
    if found.is_none() {
        places.iter().try_for_each(|dir| refuse_folder(dir, PROFILES_FILE, "no-profiles"))?;
    }
    found.ok_or_else(|| {
        let mut problem = Diagnostic::error("no-profiles", format!("there is no `{PROFILES_FILE}`"));
        let mut told: Vec<String> = places.iter().map(|dir| dir.display().to_string()).collect();
        told.dedup();
        for dir in told {
            problem = problem.note(format!("looked in `{dir}`"));
        }
        problem.help("write one beside dbt_project.yml, or name its folder with `--profiles-dir`").into()
    })
}

/// The folder of the profiles.yml that a project is loaded with, where there is one.
pub fn profiles_dir(options: &LoadOptions, project_dir: &Path) -> Option<PathBuf> {
    profiles_file(options, project_dir).ok()?.parent().map(Path::to_path_buf)
}

fn home(options: &LoadOptions) -> Option<PathBuf> {
    options.variable("HOME").or_else(|| options.variable("USERPROFILE")).map(PathBuf::from)
}

fn home_expanded(dir: &Path, options: &LoadOptions) -> PathBuf {
    match (dir.strip_prefix("~"), home(options)) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => dir.to_path_buf(),
    }
}

/// How far above the project a path may lie and still be shown relative to it: a package beside it, say.
const STEPS_UP_MAX: usize = 3;

/// A path as people see it: relative to the project where it lies below it or near it, with forward slashes.
pub(super) fn shown(path: &Path, project_dir: &Path) -> String {
    let near = project_dir.ancestors().take(STEPS_UP_MAX + 1).enumerate().find_map(|(up, above)| {
        let below = path.strip_prefix(above).ok()?;
        let is_system_root = above.parent().is_none();
        (!is_system_root || up == 0).then(|| (0..up).map(|_| Path::new("..")).chain([below]).collect::<PathBuf>())
    });
    let shown = near.as_deref().unwrap_or(path).to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { shown.into_owned() } else { shown.replace(std::path::MAIN_SEPARATOR, "/") }
}
