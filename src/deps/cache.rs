//! What was fetched before, each file with its checksum: a second `deps` needs no network.
//!
//! Safe to delete at any time. A file that is not what was written is as good as none.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::ingest::sha256_of;

pub(super) struct Cache {
    folder: PathBuf,
}

/// What is said of a file, beside it.
#[derive(Serialize, Deserialize)]
struct Record {
    /// For people: what it is, without secrets.
    what: String,
    sha256: String,
}

/// What the cache has under a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kept {
    Whole(PathBuf),
    /// There is a file, and it is not the one that was kept.
    Damaged,
    Nothing,
}

impl Cache {
    /// # Errors
    /// The folder cannot be made.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let folder = folder.join("packages");
        fs::create_dir_all(folder.join("files"))?;
        fs::create_dir_all(folder.join("git"))?;
        Ok(Self { folder })
    }

    pub fn find(&self, key: &str) -> Kept {
        let path = self.file(key);
        let record = fs::read(record_of(&path)).ok();
        let record = record.and_then(|bytes| serde_json::from_slice::<Record>(&bytes).ok());
        match (record, path.is_file()) {
            (Some(record), true) if sha256_of(&path).is_ok_and(|sha256| sha256 == record.sha256) => Kept::Whole(path),
            (_, true) => Kept::Damaged,
            (_, false) => Kept::Nothing,
        }
    }

    /// A file to write into, so that keeping it is one rename.
    pub fn draft(&self) -> io::Result<NamedTempFile> {
        NamedTempFile::new_in(self.folder.join("files"))
    }

    /// Puts a file under a key. The record goes first and comes last, so that it never speaks of another file.
    pub fn keep(&self, key: &str, what: &str, draft: NamedTempFile) -> io::Result<PathBuf> {
        let path = self.file(key);
        let record = Record { what: what.to_string(), sha256: sha256_of(draft.path())? };
        let _ = fs::remove_file(record_of(&path));
        draft.as_file().sync_all()?;
        draft.persist(&path).map_err(|error| error.error)?;
        let mut written = self.draft()?;
        serde_json::to_writer_pretty(&mut written, &record)?;
        written.persist(record_of(&path)).map_err(|error| error.error)?;
        Ok(path)
    }

    /// The folder of one git repository.
    pub fn repository(&self, url: &str) -> PathBuf {
        self.folder.join("git").join(hashed(url))
    }

    fn file(&self, key: &str) -> PathBuf {
        self.folder.join("files").join(hashed(key))
    }
}

fn record_of(path: &Path) -> PathBuf {
    path.with_extension("json")
}

/// Keys may hold secrets, and file names show.
fn hashed(key: &str) -> String {
    Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `TAMIS_CACHE`, else `tamis` in the system's folder for such things.
pub fn cache_folder(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    let variable = |name: &str| environment.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = variable("TAMIS_CACHE") {
        return Some(std::path::absolute(&folder).unwrap_or(folder));
    }
    let home = variable("HOME");
    let system = if cfg!(target_os = "windows") {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home.map(|home| home.join("Library/Caches"))
    } else {
        // Relative ones are not heeded. Source: XDG Base Directory Specification.
        variable("XDG_CACHE_HOME")
            .filter(|folder| folder.is_absolute())
            .or_else(|| home.map(|home| home.join(".cache")))
    };
    system.map(|folder| folder.join("tamis"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_that_is_not_what_was_kept_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        assert_eq!(cache.find("a"), Kept::Nothing);
        let mut draft = cache.draft().unwrap();
        draft.write_all(b"text").unwrap();
        let path = cache.keep("a", "a text", draft).unwrap();
        assert_eq!(cache.find("a"), Kept::Whole(path.clone()));
        fs::write(&path, "other").unwrap();
        assert_eq!(cache.find("a"), Kept::Damaged);
    }

    #[test]
    fn the_cache_lies_where_the_environment_says() {
        let folder = |pairs: &[(&str, &str)]| {
            let environment = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
            cache_folder(&environment)
        };
        assert_eq!(folder(&[("TAMIS_CACHE", "/c"), ("HOME", "/h")]), Some(PathBuf::from("/c")));
        assert_eq!(folder(&[]), None);
        #[cfg(target_os = "linux")]
        assert_eq!(folder(&[("XDG_CACHE_HOME", "/x"), ("HOME", "/h")]), Some(PathBuf::from("/x/tamis")));
        #[cfg(target_os = "linux")]
        assert_eq!(folder(&[("HOME", "/h")]), Some(PathBuf::from("/h/.cache/tamis")));
    }
}
