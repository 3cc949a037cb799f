//! What a run writes below the target folder: compiled and executed SQL.

use std::path::{Component, Path, PathBuf};

use crate::diagnostic::Diagnostic;

/// Writes `text` to `<target>/<folder>/<package>/<path>`, and gives the path relative to the project.
///
/// # Errors
/// The file cannot be written, with its name and the reason.
pub(super) fn write(
    target: &Path,
    root: &Path,
    folder: &str,
    package: &str,
    path: &str,
    text: &str,
) -> Result<String, Box<Diagnostic>> {
    let relative: PathBuf = Path::new(path).components().filter(|part| matches!(part, Component::Normal(_))).collect();
    let file = target.join(folder).join(package).join(relative);
    let shown = file.strip_prefix(root).unwrap_or(&file).display().to_string().replace('\\', "/");
    let made = file.parent().map_or(Ok(()), std::fs::create_dir_all);
    let written = made.and_then(|()| match std::fs::write(&file, text) {
        // Two nodes may make the same folder's file names: a file where a folder must be is an old leftover.
        Err(error) if error.kind() == std::io::ErrorKind::IsADirectory => {
            std::fs::remove_dir_all(&file).and_then(|()| std::fs::write(&file, text))
        }
        other => other,
    });
    match written {
        Ok(()) => Ok(shown),
        Err(error) => Err(Box::new(
            Diagnostic::error("io", format!("cannot write `{shown}`: {error}"))
                .help("check the folder's rights and the free space, or choose another with `--target-path`"),
        )),
    }
}
