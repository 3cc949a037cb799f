//! Where packages are unpacked and put together, beside the folder they go to: so that the last step is one rename.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use super::archive::{self, copy_tree, link_or_copy};
use super::fail::Failure;
use super::git::Repository;
use super::hub::Fetcher;
use super::pinned::{Locked, Pinned};
use super::wish::GitSource;
use crate::ingest::Pause;
use crate::project::packages::PROJECT_FILE;

pub(super) struct Workshop<'a> {
    pub fetcher: &'a Fetcher,
    pub project: &'a Path,
    pub pause: &'a Pause,
    folder: TempDir,
    /// Folders of packages that are unpacked already, by identity.
    unpacked: Mutex<BTreeMap<String, PathBuf>>,
}

impl<'a> Workshop<'a> {
    /// # Errors
    /// The folder beside `install_path` cannot be made.
    pub fn open(fetcher: &'a Fetcher, project: &'a Path, install_path: &Path, pause: &'a Pause) -> io::Result<Self> {
        let beside = install_path.parent().unwrap_or(install_path);
        fs::create_dir_all(beside)?;
        let folder = tempfile::Builder::new().prefix(".tamis-deps-").tempdir_in(beside)?;
        Ok(Self { fetcher, project, pause, folder, unpacked: Mutex::default() })
    }

    pub fn repository<'r>(&'r self, source: &'r GitSource) -> Repository<'r> {
        let folder = self.fetcher.cache().repository(&source.url);
        Repository { source, folder, project: self.project, pause: self.pause }
    }

    /// The folder with a package's files.
    ///
    /// # Errors
    /// It cannot be fetched, or is not a package.
    pub fn unpack(&self, pinned: &Pinned, is_wanted_anew: bool) -> Result<PathBuf, Failure> {
        let identity = pinned.identity();
        if let Some(folder) = self.unpacked.lock().unwrap_or_else(PoisonError::into_inner).get(&identity) {
            return Ok(folder.clone());
        }
        let folder = self.unpack_anew(pinned, is_wanted_anew)?;
        self.unpacked.lock().unwrap_or_else(PoisonError::into_inner).insert(identity, folder.clone());
        Ok(folder)
    }

    fn unpack_anew(&self, pinned: &Pinned, is_wanted_anew: bool) -> Result<PathBuf, Failure> {
        let room = |name: &str| -> io::Result<PathBuf> {
            let room = tempfile::Builder::new().prefix("").tempdir_in(self.folder.path())?.keep();
            Ok(room.join(name))
        };
        let folder = match pinned {
            Pinned::Local { folder, .. } => folder.clone(),
            Pinned::Hub { package, version, .. } => {
                let key = self.fetcher.archive_key(package, version);
                let url = || self.archive_url(package, version);
                archive::unpack(&self.fetcher.archive(&key, package, false, url)?, &room("")?)?
            }
            Pinned::Tarball { url, .. } => {
                let (key, what) = (format!("archive {url}"), pinned.shown());
                let fetched = self.fetcher.archive(&key, &what, is_wanted_anew, || Ok(url.clone()))?;
                archive::unpack(&fetched, &room("")?)?
            }
            Pinned::Git { source, commit } => {
                let repository = self.repository(source);
                repository.bring(commit)?;
                let folder = room(&last_part(&pinned.shown()))?;
                repository.write(commit, &folder)?;
                archive::refuse_escaping_links(&folder)?;
                folder
            }
        };
        if !folder.join(PROJECT_FILE).is_file() {
            let help = match pinned {
                Pinned::Git { .. } => "name the package's folder with `subdirectory`",
                Pinned::Hub { .. } | Pinned::Tarball { .. } | Pinned::Local { .. } => "correct the path or address",
            };
            return Err(Failure::new("no-package", format!("there is no `{PROJECT_FILE}` in it"), help));
        }
        Ok(folder)
    }

    fn archive_url(&self, package: &str, version: &str) -> Result<String, Failure> {
        let (releases, _) = self.fetcher.releases(package)?;
        let release = releases.iter().find(|release| release.version == version);
        release.and_then(|release| release.archive_url()).map(str::to_string).ok_or_else(|| {
            let why = format!("the hub has no version {version} of it");
            Failure::new("missing-version", why, "run `tamis deps --upgrade`")
        })
    }

    /// Puts all packages together under their names, in a folder that can take the place of dbt_packages/.
    ///
    /// # Errors
    /// A package that is not unpacked, or a folder that cannot be written.
    pub fn assemble(&self, locked: &[Locked]) -> Result<PathBuf, Failure> {
        let assembled = self.folder.path().join("assembled");
        fs::create_dir_all(&assembled)?;
        for package in locked {
            let place = assembled.join(&package.name);
            let folder = self.unpack(&package.pinned, false)?;
            match &package.pinned {
                Pinned::Local { .. } => link_or_copy(&folder, &folder, &place)?,
                Pinned::Hub { .. } | Pinned::Git { .. } | Pinned::Tarball { .. } => fs::rename(&folder, &place)?,
            }
        }
        Ok(assembled)
    }

    /// Puts `assembled` where `install_path` was: all of it, or nothing.
    ///
    /// # Errors
    /// What was there cannot be moved away; it is still there then.
    pub fn install(&self, assembled: &Path, install_path: &Path) -> io::Result<()> {
        let old = self.folder.path().join("old");
        match fs::rename(install_path, &old) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // A mounted folder cannot be moved: what is in it can be exchanged.
            Err(_) if install_path.is_dir() => return exchange(assembled, install_path),
            Err(error) => return Err(error),
        }
        fs::rename(assembled, install_path).inspect_err(|_| drop(fs::rename(&old, install_path)))
    }
}

fn exchange(assembled: &Path, install_path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(install_path)? {
        let entry = entry?;
        // A link to a folder is no folder here, and goes alone.
        if entry.file_type()?.is_dir() { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) }?;
    }
    for entry in fs::read_dir(assembled)? {
        let entry = entry?;
        let place = install_path.join(entry.file_name());
        match fs::read_link(entry.path()) {
            Ok(to) => link_or_copy(&to, &to, &place)?,
            Err(_) => copy_tree(&entry.path(), &place)?,
        }
    }
    Ok(())
}

/// `dbt-utils` of `https://github.com/dbt-labs/dbt-utils.git`.
fn last_part(shown: &str) -> String {
    let shown = shown.trim_end_matches('/').trim_end_matches(".git");
    let part = shown.rsplit(['/', ':', '\\']).next().unwrap_or_default();
    if part.is_empty() || part.starts_with('.') { "package".to_string() } else { part.to_string() }
}
