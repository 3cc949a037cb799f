//! What the last `parse` of a project read and said, so that the next one need not find it out again where nothing
//! changed, or nothing but a few files ([`edits`]).
//!
//! Kept in `target/partial_parse.json`; nothing depends on it. It counts only where all that went into the parse is
//! as it was: this binary, the call, the settings of project, profile and packages, the variables of the environment
//! that were read, and every file, by its place on the disk and where that differs by its contents. Of values that may
//! be secret only a digest of all of them together is kept. What cannot be known to be the same (a project that asks
//! for the time) is not kept at all.

mod anew;
mod edits;
mod kept;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, Metadata as Facts};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::kept::Kept;
use super::told::Told;
use super::{Session, Settings};
use crate::artifacts::{self, Metadata};
use crate::diagnostic::Diagnostic;
use crate::jinja;
use crate::project::{Project, Survey};

const FILE: &str = "partial_parse.json";

/// A file changed this short a time before it was looked at may change again without its times telling:
/// file systems count in ticks, some of them of two seconds.
const TICK: Duration = Duration::from_secs(2);

/// A file, as it was when it was looked at.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Seen {
    path: PathBuf,
    place: Option<Place>,
    /// Whether it changed so shortly before that only its contents tell whether it is the same.
    is_fresh: bool,
    /// SHA-256, hexadecimal, where the contents were at hand.
    contents: Option<String>,
}

/// What changes whenever a file does.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    bytes: u64,
    modified: u128,
    /// Changes of the contents and of all that the system knows of the file; zero where it does not say.
    changed: i128,
    device: u64,
    inode: u64,
}

/// The last parse.
#[derive(Serialize, Deserialize)]
pub(super) struct Memory {
    /// Of everything but the files.
    key: String,
    /// Variables of the environment that were read; their values are in the key.
    variables: Vec<String>,
    files: Vec<Seen>,
    /// manifest.json as it was written; `None` with `--no-write-json`.
    manifest: Option<Seen>,
    pub told: Vec<Told>,
    pub found: Vec<(String, usize)>,
    /// The parse that read all texts, by its id; what they came to is kept under it.
    texts_of: String,
}

/// Looks at every file of a project, before any of them is read.
pub(super) fn look(survey: &Survey) -> Vec<Seen> {
    let mut paths: Vec<&Path> = survey.files().collect();
    paths.sort_unstable();
    paths.dedup();
    paths.into_par_iter().map(Seen::at).collect()
}

/// The last parse, if everything but the contents of files is as it was then, and which files are others.
pub(super) fn recall(settings: &Settings, survey: &Survey, files: &[Seen]) -> Option<(Memory, Vec<usize>)> {
    let project = survey.settings();
    let text = fs::read(project.target_path.join(FILE)).ok()?;
    let memory: Memory = serde_json::from_slice(&text).ok()?;
    let is_alike = memory.key == key(settings, project, &memory.variables)?
        && memory.files.len() == files.len()
        && memory.files.iter().zip(files).all(|(then, now)| then.path == now.path);
    if !is_alike {
        return None;
    }
    let pairs = memory.files.par_iter().zip(files).enumerate();
    let changed = pairs.filter(|(_, (then, now))| !then.is_same_as(now)).map(|(index, _)| index).collect();
    Some((memory, changed))
}

impl Memory {
    /// What is to be remembered of a parse that went well, or `None` where the next one may differ whatever the files.
    pub fn of(
        settings: &Settings,
        project: &Project,
        files: Vec<Seen>,
        told: &[Diagnostic],
        found: Vec<(String, usize)>,
    ) -> Option<Self> {
        let texts_of = project.invocation.id.to_string();
        if jinja::asked_the_time() {
            return None;
        }
        let variables = jinja::variables_read();
        let key = key(settings, project, &variables)?;
        let contents = contents(project);
        let with_contents = |seen: Seen| Seen { contents: contents.get(&seen.path).cloned().or(seen.contents), ..seen };
        let files = files.into_par_iter().map(with_contents).collect();
        let told = told.iter().map(Told::of).collect();
        Some(Self { key, variables, files, manifest: None, told, found, texts_of })
    }

    /// Makes the manifest.json that was written then one of this call: only its metadata differ. `false`: it is not
    /// the one that was written, or has another size of metadata.
    pub fn renew_manifest(&self, settings: &Settings, project: &Project) -> bool {
        if !settings.writes_json {
            return true;
        }
        let path = artifacts::manifest::path(&project.target_path);
        self.has_manifests(&project.target_path)
            && artifacts::manifest::renew(&path, &Metadata::of(project)).unwrap_or(false)
    }

    /// Whether the manifest.json that lies there is the one that was written. Whoever removed semantic_manifest.json
    /// wants both again.
    fn has_manifests(&self, target_path: &Path) -> bool {
        let place = Seen::at(&artifacts::manifest::path(target_path)).place;
        let is_ours = self.manifest.as_ref().is_some_and(|then| then.place == place);
        is_ours && artifacts::semantic_manifest::path(target_path).is_file()
    }

    /// Takes in edits of the files with these indexes: `false` where the project must be parsed as a whole.
    pub fn take_in(&mut self, settings: &Settings, survey: &Survey, files: &[Seen], edited: &[usize]) -> bool {
        edits::take_in(self, settings, survey, files, edited).is_some()
    }

    /// Keeps what the texts came to, for the next call after an edit.
    pub fn keep_texts(&self, session: &Session) {
        let (project, kept) = (&session.project, Kept::of(self, &session.project, &session.engine, &session.manifest));
        // That it cannot be kept is no problem of this call.
        let _ = kept.write(&project.target_path);
    }

    /// Keeps it for the next call. That it cannot be kept is no problem of this one.
    pub fn keep(mut self, settings: &Settings, project: &Project) {
        self.manifest = settings.writes_json.then(|| Seen::at(&artifacts::manifest::path(&project.target_path)));
        let _ = artifacts::write_json(&project.target_path.join(FILE), &self);
    }

    /// The files as they are now: the next call need not look into them again.
    pub fn seen_again(&mut self, files: Vec<Seen>) {
        for (then, now) in self.files.iter_mut().zip(files) {
            *then = Seen { contents: then.contents.take(), ..now };
        }
    }
}

impl Seen {
    fn at(path: &Path) -> Self {
        let facts = fs::metadata(path).ok();
        let is_fresh = facts.as_ref().is_none_or(is_fresh);
        // Seeds are not among the texts, so their contents are only at hand here.
        let is_seed = path.extension().is_some_and(|ending| ending == "csv");
        let contents = (is_fresh && is_seed).then(|| contents_of(path)).flatten();
        Self { path: path.to_path_buf(), place: facts.as_ref().map(Place::of), is_fresh, contents }
    }

    fn is_same_as(&self, now: &Self) -> bool {
        if self.path != now.path {
            return false;
        }
        let is_in_place = self.place.is_some() && self.place == now.place;
        is_in_place && !self.is_fresh || self.contents.is_some() && self.contents == contents_of(&now.path)
    }
}

impl Place {
    #[cfg(unix)]
    fn of(facts: &Facts) -> Self {
        use std::os::unix::fs::MetadataExt;
        let changed = i128::from(facts.ctime()) * 1_000_000_000 + i128::from(facts.ctime_nsec());
        Self { bytes: facts.len(), modified: modified(facts), changed, device: facts.dev(), inode: facts.ino() }
    }

    #[cfg(not(unix))]
    fn of(facts: &Facts) -> Self {
        Self { bytes: facts.len(), modified: modified(facts), changed: 0, device: 0, inode: 0 }
    }
}

fn modified(facts: &Facts) -> u128 {
    let since = facts.modified().ok().and_then(|moment| moment.duration_since(UNIX_EPOCH).ok());
    since.unwrap_or_default().as_nanos()
}

/// Where the system does not say when a file last changed, only its contents count.
fn is_fresh(facts: &Facts) -> bool {
    let place = Place::of(facts);
    let changed = u128::try_from(place.changed).unwrap_or_default().max(place.modified);
    // The clock is asked for the age of a file and for nothing that is shown or written.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    place.changed == 0 || changed + TICK.as_nanos() > now.as_nanos()
}

/// Contents of every text that was read, by path.
fn contents(project: &Project) -> HashMap<PathBuf, String> {
    let files = project.packages.iter().map(|package| &package.files);
    let texts = files.flat_map(|files| {
        let lists = [
            &files.models,
            &files.macros,
            &files.tests,
            &files.analyses,
            &files.snapshots,
            &files.functions,
            &files.docs,
            &files.fixtures,
        ];
        let texts = lists.into_iter().flatten().map(|file| &file.file);
        texts.chain(files.properties.iter().map(|file| &file.yaml.file))
    });
    let texts: Vec<_> = texts.collect();
    texts.into_par_iter().map(|text| (text.absolute.clone(), hexadecimal(Sha256::digest(&text.text)))).collect()
}

fn contents_of(path: &Path) -> Option<String> {
    fs::read(path).ok().map(|bytes| hexadecimal(Sha256::digest(bytes)))
}

/// A digest of all that goes into a parse beside the files of the packages; `None` where this binary cannot be told
/// from another.
fn key(settings: &Settings, project: &Project, variables: &[String]) -> Option<String> {
    let mut text = String::new();
    let mut put = |name: &str, value: &dyn std::fmt::Debug| {
        writeln!(text, "{name}: {value:?}").expect("writing to a string");
    };
    let binary = std::env::current_exe().ok()?;
    let place = Place::of(&fs::metadata(&binary).ok()?);
    put("binary", &(env!("CARGO_PKG_VERSION"), binary, place.bytes, place.modified, place.changed, place.inode));
    let invocation = &settings.invocation;
    put("call", &(&invocation.command, &invocation.flags, &invocation.args));
    put("folder", &settings.load.working_dir);
    put("root", &project.root);
    for package in &project.packages {
        put("package", &(&package.name, &package.root, &package.yaml.file.text, &package.config));
    }
    let target = &project.target;
    put("target", &(&target.profile_name, &target.name, target.kind, &target.database, &target.schema));
    put("settings", &(&target.settings, &target.context, target.threads));
    put("vars", &project.cli_vars);
    put("dispatch", &project.dispatch);
    put("selectors", &project.selectors.as_ref().map(|yaml| &yaml.file.text));
    for name in variables {
        put("variable", &(name, std::env::var_os(name)));
    }
    let mut of_dbt: Vec<_> =
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DBT_")).collect();
    of_dbt.sort();
    put("variables of dbt", &of_dbt);
    Some(hexadecimal(Sha256::digest(text)))
}

fn hexadecimal(digest: impl AsRef<[u8]>) -> String {
    digest.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string");
        text
    })
}
