//! Reads package-lock.yml: what was chosen, and of which wishes.

use std::path::Path;

use super::lock::{self, BLOT, HASH_KEY};
use super::pinned::{Locked, Pinned};
use super::resolve::bad_folder_name;
use super::wish::{Asker, Source, Wish};
use super::workshop::Workshop;
use crate::diagnostic::Diagnostic;
use crate::manifest::Json;
use crate::project::Version;
use crate::project::packages::{DeclaredPackage, LOCK_FILE, PackageReader, package_name};
use crate::project::yaml::YamlFile;
use crate::source::SourceFile;

pub(super) struct LockFile {
    yaml: YamlFile,
}

impl LockFile {
    /// `None`: there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(root: &Path) -> Result<Option<Self>, Box<Diagnostic>> {
        let path = root.join(LOCK_FILE);
        if !path.is_file() {
            return Ok(None);
        }
        let file = SourceFile::read(LOCK_FILE, &path).map_err(|error| {
            let problem = Diagnostic::error("unreadable-file", format!("cannot read `{LOCK_FILE}`: {error}"));
            Box::new(problem.help(format!("remove `{LOCK_FILE}`, and run `tamis deps` again")))
        })?;
        let yaml = YamlFile::parse(&file).map_err(|mut problem| {
            problem.help = Some(format!("remove `{LOCK_FILE}`, and run `tamis deps` again: it is made anew"));
            problem
        })?;
        Ok(Some(Self { yaml }))
    }

    /// Whether it was made of these wishes.
    pub fn is_of(&self, hash: &str) -> bool {
        self.yaml.root.get(HASH_KEY).is_some_and(|known| known.key_text() == hash)
    }

    /// The packages it names. Problems are the reader's.
    pub fn packages(
        &self,
        reader: &mut PackageReader<'_>,
        workshop: &Workshop<'_>,
        wished: &[DeclaredPackage],
        secrets: &[String],
    ) -> Vec<Locked> {
        let Some(list) = self.yaml.root.get("packages") else { return Vec::new() };
        let mut entries = reader.of_list(&self.yaml, list);
        for entry in &mut entries {
            fill_in_secrets(entry, wished, secrets);
        }
        let mut locked = Vec::new();
        for entry in &entries {
            match self.locked(entry, workshop) {
                Ok(package) => {
                    reader.problems.extend(bad_folder_name(&package));
                    locked.push(package);
                }
                Err(problem) => reader.problems.push(*problem),
            }
        }
        locked
    }

    fn locked(&self, entry: &DeclaredPackage, workshop: &Workshop<'_>) -> Result<Locked, Box<Diagnostic>> {
        let asker = Asker { project: workshop.project, folder: workshop.project, by: None, through: None };
        let wish = Wish::of(entry, &asker)?;
        let failed = |failure: super::fail::Failure| {
            Box::new(failure.of(&wish.source.shown(), &wish.asked_at, wish.words("it")))
        };
        let pinned = match &wish.source {
            Source::Hub { package, .. } => {
                let version = entry.text("version").filter(|version| Version::parse(version).is_some());
                let version = version.ok_or_else(|| {
                    let problem =
                        Diagnostic::error("wrong-version", format!("`{package}` is locked to no exact version"));
                    let problem = problem.at(wish.asked_at.clone(), "");
                    Box::new(problem.help("run `tamis deps --upgrade`, which makes the lock anew"))
                })?;
                Pinned::Hub { package: package.clone(), version: version.to_string(), latest: None }
            }
            Source::Git(source) => {
                let commit = workshop.repository(source).find(source.revision.as_deref()).map_err(failed)?;
                Pinned::Git { source: source.clone(), commit }
            }
            Source::Local { path, folder } => Pinned::Local { path: path.clone(), folder: folder.clone() },
            Source::Tarball { url, written, .. } => Pinned::Tarball { url: url.clone(), written: written.clone() },
        };
        let name = match entry.text("name") {
            Some(name) => name.to_string(),
            // Locks of older versions of dbt have no names.
            None => {
                let folder = workshop.unpack(&pinned, false).map_err(failed)?;
                package_name(&format!("dbt_project.yml of {}", pinned.shown()), &folder)?
            }
        };
        let words = wish.words(&format!("`{name}`"));
        Ok(Locked { pinned, name, asked_at: wish.asked_at, words })
    }
}

/// Where a secret was blotted out of an address, the address is the one of the wish that looks the same.
fn fill_in_secrets(entry: &mut DeclaredPackage, wished: &[DeclaredPackage], secrets: &[String]) {
    if !entry.place.contains(BLOT) {
        return;
    }
    let is_same = |wish: &&DeclaredPackage| {
        let written = wish.written.get(wish.kind.key()).and_then(Json::as_str);
        wish.kind == entry.kind && written.is_some_and(|written| lock::blotted(written, secrets) == entry.place)
    };
    if let Some(wish) = wished.iter().find(is_same) {
        entry.place.clone_from(&wish.place);
    }
}
