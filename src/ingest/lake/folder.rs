//! A lake in a folder of this machine.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::Lake;

pub struct Folder {
    root: PathBuf,
}

impl Folder {
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

impl Lake for Folder {
    fn put(&self, local: &Path, name: &str) -> io::Result<()> {
        let to = self.path(name);
        make_parent(&to)?;
        // Across file systems there is no rename: copy beside the place, then rename.
        if fs::rename(local, &to).is_err() {
            let part = part_of(&to);
            fs::copy(local, &part)?;
            File::open(&part)?.sync_all()?;
            fs::rename(&part, &to)?;
            fs::remove_file(local)?;
        }
        sync_parent(&to);
        Ok(())
    }

    fn put_text(&self, name: &str, text: &str) -> io::Result<()> {
        let to = self.path(name);
        make_parent(&to)?;
        let part = part_of(&to);
        let mut file = File::create(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, &to)?;
        sync_parent(&to);
        Ok(())
    }

    fn text(&self, name: &str) -> io::Result<Option<String>> {
        match fs::read_to_string(self.path(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn open(&self, name: &str, _scratch: &Path) -> io::Result<PathBuf> {
        let path = self.path(name);
        File::open(&path)?;
        Ok(path)
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in walkdir::WalkDir::new(self.path(prefix)).sort_by_file_name() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if error.io_error().is_some_and(|error| error.kind() == ErrorKind::NotFound) => continue,
                Err(error) => return Err(error.into()),
            };
            if entry.file_type().is_file()
                && let Ok(name) = entry.path().strip_prefix(&self.root)
            {
                names.push(name.to_string_lossy().replace('\\', "/"));
            }
        }
        names.sort();
        Ok(names)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        // The load's folder goes with its last file; a folder with other files stays.
        if let Some(folder) = path.parent().filter(|folder| *folder != self.root) {
            let _ = fs::remove_dir(folder);
        }
        Ok(())
    }

    fn address(&self, name: &str) -> String {
        let path = self.path(name);
        std::path::absolute(&path).unwrap_or(path).to_string_lossy().into_owned()
    }
}

fn part_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.part"))
}

fn make_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// Brings a rename to the disk, where folders can be synced; elsewhere the system does it in its own time.
fn sync_parent(path: &Path) {
    if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_put_listed_read_and_removed_by_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let lake = Folder::new(folder.path().join("lake"));
        assert_eq!(lake.list("").expect("listed"), [] as [&str; 0]);
        assert_eq!(lake.text("_manifest.json").expect("asked"), None);
        let local = folder.path().join("local");
        fs::write(&local, "rows").expect("written");
        lake.put(&local, "load_id=1/part-0.parquet").expect("put");
        lake.put_text("_manifest.json", "{}").expect("put");
        assert_eq!(lake.list("").expect("listed"), ["_manifest.json", "load_id=1/part-0.parquet"]);
        assert_eq!(lake.text("_manifest.json").expect("asked").as_deref(), Some("{}"));
        let path = lake.open("load_id=1/part-0.parquet", folder.path()).expect("there");
        assert_eq!(fs::read_to_string(path).expect("readable"), "rows");
        assert!(lake.open("load_id=2/part-0.parquet", folder.path()).is_err());
        lake.remove("load_id=1/part-0.parquet").expect("removed");
        lake.remove("load_id=1/part-0.parquet").expect("already gone");
        assert_eq!(lake.list("").expect("listed"), ["_manifest.json"]);
        assert!(!folder.path().join("lake/load_id=1").exists());
    }
}
