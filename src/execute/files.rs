//! What a run writes below the target folder: compiled and executed SQL.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, Write};
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
    let written = match put(&file, text) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| put(&file, text))
        }
        // Two nodes may make the same folder's file names: a file where a folder must be is an old leftover.
        Err(error) if error.kind() == ErrorKind::IsADirectory => {
            fs::remove_dir_all(&file).and_then(|()| put(&file, text))
        }
        other => other,
    };
    match written {
        Ok(()) => Ok(shown),
        Err(error) => Err(Box::new(
            Diagnostic::error("io", format!("cannot write `{shown}`: {error}"))
                .help("check the folder's rights and the free space, or choose another with `--target-path`"),
        )),
    }
}

/// Leaves a file alone that has this text already, and writes over one that has another: file systems make sure of what
/// is emptied and written anew at once, which takes longer than all the rest.
fn put(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
    let length = file.metadata()?.len();
    if length == text.len() as u64 && length > 0 {
        let mut there = Vec::with_capacity(text.len());
        file.read_to_end(&mut there)?;
        if there == text.as_bytes() {
            return Ok(());
        }
        file.rewind()?;
    }
    file.write_all(text.as_bytes())?;
    if length > text.len() as u64 { file.set_len(text.len() as u64) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_what_was_written_last_whatever_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let write_text = |text: &str| {
            let shown = write(&root.join("target"), root, "compiled", "shop", "../models/./a.sql", text).unwrap();
            assert_eq!(shown, "target/compiled/shop/models/a.sql");
            assert_eq!(fs::read_to_string(root.join(shown)).unwrap(), text);
        };
        for text in ["select 1", "select 1", "select 2", "select 1 as long", "", "select 3"] {
            write_text(text);
        }
        fs::remove_dir_all(root.join("target")).unwrap();
        write_text("select 4");
        let file = root.join("target/compiled/shop/models/a.sql");
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        write_text("select 5");
    }
}
