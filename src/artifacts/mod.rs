//! The files other tools read: manifest.json, semantic_manifest.json, run_results.json, catalog.json, sources.json, and the lines of `ls`.
//!
//! Written in one step each, so that a reader never sees half a file. Shapes are dbt-core 1.12's.

pub mod catalog;
pub mod freshness;
pub mod graph_summary;
pub mod listing;
pub mod manifest;
mod mend;
pub mod previous;
pub mod run_results;
pub mod semantic_manifest;

mod metadata;
mod pieces;
mod primary_key;

pub use metadata::{DBT_VERSION, Metadata};

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::Serialize;

/// Bytes gathered before they go to the disk.
const BUFFER_BYTES: usize = 1 << 18;

/// Writes `value` beside `path` and moves it there: whoever reads has the old file or the new one.
///
/// # Errors
/// The folder or the file cannot be written; the message names the path.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    write_file(path, |out| serde_json::to_writer(out, value).map_err(io::Error::from))
}

/// As [`write_json`], of whatever `write` writes.
pub(crate) fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    write_whole(path, write).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

fn write_whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tamis-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are private by default; artifacts are as open as any other file of the user.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder)?;
    let mut writer = BufWriter::with_capacity(BUFFER_BYTES, file);
    write(&mut writer)?;
    writer.flush()?;
    let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
