//! The lake: a folder or a bucket that holds typed Parquet, load by load.
//!
//! ```text
//! crimes/load_id=3f9c…/part-0.parquet
//! crimes/_quarantine/load_id=3f9c…/part-0.parquet
//! crimes/_manifest.json
//! ```
//!
//! Files of a load are written once, under the digest of what they hold; the manifest is written last and in one
//! step. Readers follow the manifest, so a load that was cut short does not exist.

#[cfg(feature = "bigquery")]
mod bucket;
mod folder;
mod manifest;

pub use folder::Folder;
pub use manifest::{LakeFile, LakeManifest, SourceRecord, data_folder, quarantine_folder};

use std::io;
use std::path::{Path, PathBuf};

use crate::project::Project;

/// A place that holds files by name. Names use forward slashes and are relative to the lake.
pub trait Lake: Send + Sync {
    /// Brings a local file into the lake under `name`, whole or not at all. The local file may be moved.
    ///
    /// # Errors
    /// The place refuses, or is full.
    fn put(&self, local: &Path, name: &str) -> io::Result<()>;

    /// Writes a small file in one step: readers see the old text or the new one.
    ///
    /// # Errors
    /// As `put`.
    fn put_text(&self, name: &str, text: &str) -> io::Result<()>;

    /// A small file's text; `None` when there is no such file.
    ///
    /// # Errors
    /// It could not be found out.
    fn text(&self, name: &str) -> io::Result<Option<String>>;

    /// A local path to read the file at; a bucket's file is fetched into `scratch`.
    ///
    /// # Errors
    /// The file is not there, or cannot be fetched.
    fn open(&self, name: &str, scratch: &Path) -> io::Result<PathBuf>;

    /// Names below a prefix, sorted.
    ///
    /// # Errors
    /// The listing failed.
    fn list(&self, prefix: &str) -> io::Result<Vec<String>>;

    /// # Errors
    /// The place refuses. A file that is not there is no error.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// How the warehouse addresses the file: an absolute path, or `gs://…`.
    fn address(&self, name: &str) -> String;
}

/// The lake at an address: `gs://bucket/prefix`, or a folder, relative to the project's root.
///
/// # Errors
/// The address is not one this build can open, in words.
pub fn open(address: &str, project: &Project) -> Result<Box<dyn Lake>, String> {
    let Some((scheme, _)) = address.split_once("://") else {
        return Ok(Box::new(Folder::new(project.root.join(address))));
    };
    match scheme {
        #[cfg(feature = "bigquery")]
        "gs" => Ok(Box::new(bucket::BucketLake::open(address, project)?)),
        #[cfg(not(feature = "bigquery"))]
        "gs" => Err("this build of tamis has no Cloud Storage: it was made without the feature `bigquery`".to_string()),
        _ => Err(format!("`{scheme}://` is not a place a lake can be; write a folder or `gs://bucket/prefix`")),
    }
}
