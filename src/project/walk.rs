//! The walk over a package's folders: which files there are, of which kind, and their texts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use walkdir::WalkDir;

use super::ignore::{IGNORE_FILE, Ignore};
use super::project_file::ProjectFile;
use super::{PackageFile, PackageFiles, PropertyFile, SeedFile, keys, locate, read};
use crate::diagnostic::Diagnostic;
use crate::manifest::Json;
use crate::source::{SourceFile, Span};

const SQL: &[&str] = &[".sql"];
const YML: &[&str] = &[".yml", ".yaml"];

/// Walks one package.
pub(super) struct Walk<'a> {
    /// The project's folder: paths people see are relative to it.
    pub project_dir: &'a Path,
    /// The package's own.
    pub root: &'a Path,
    pub file: &'a ProjectFile,
}

/// A file that was found.
#[derive(Clone)]
pub(super) struct Found {
    pub absolute: PathBuf,
    /// Relative to the folder that was walked.
    path: String,
    /// The folder as dbt_project.yml has it, and `path`.
    original: String,
}

impl Walk<'_> {
    pub fn lists(&self, problems: &mut Vec<Diagnostic>) -> Lists {
        let shown = locate::shown(&self.root.join(IGNORE_FILE), self.project_dir);
        let ignore = Ignore::of(self.root, &shown, problems);
        let mut folders = Folders { walk: self, ignore, walked: BTreeMap::new(), problems };
        let paths = |key: &str| self.file.paths(key);
        let (models, macros, seeds, tests) =
            (paths("model-paths"), paths("macro-paths"), paths("seed-paths"), paths("test-paths"));
        let (snapshots, analyses, functions) =
            (paths("snapshot-paths"), paths("analysis-paths"), paths("function-paths"));
        let every = [&models, &macros, &seeds, &tests, &snapshots, &analyses, &functions];
        let every: Vec<String> = every.into_iter().flatten().cloned().collect();
        let docs = if self.file.config.get("docs-paths").is_some_and(Json::is_array) {
            paths("docs-paths")
        } else {
            every.clone()
        };
        let sql = self.with_jinja_endings(SQL);
        let below = |folder: &str| tests.iter().map(|path| join(path, folder)).collect::<Vec<_>>();
        let is_singular = |found: &Found| !matches!(found.path.split('/').next(), Some("generic" | "fixtures"));
        let mut macro_files = folders.list(&macros, &sql);
        macro_files.extend(folders.list(&below("generic"), &sql));
        Lists {
            models: folders.list(&models, &[&sql[..], &[".py"]].concat()),
            macros: macro_files,
            tests: folders.list(&tests, &sql).into_iter().filter(is_singular).collect(),
            analyses: folders.list(&analyses, &sql),
            snapshots: folders.list(&snapshots, &sql),
            functions: folders.list(&functions, &[&sql[..], &[".py", ".js"]].concat()),
            docs: folders.list(&docs, &self.with_jinja_endings(&[".md"])),
            fixtures: folders.list(&below("fixtures"), &[&sql[..], &[".csv"]].concat()),
            properties: folders.list(&every, YML),
            seeds: folders.list(&seeds, &[".csv"]),
        }
    }

    /// `model.sql.jinja` counts where the project's flags say so.
    fn with_jinja_endings(&self, endings: &[&'static str]) -> Vec<&'static str> {
        let flags = self.file.config.get("flags");
        let is_on = flags.and_then(|flags| flags.get("allow_jinja_file_extensions")) == Some(&Json::from(true));
        let more: &[&str] = match endings {
            [".sql"] if is_on => &[".sql.j2", ".sql.jinja2", ".sql.jinja"],
            [".md"] if is_on => &[".md.j2", ".md.jinja2", ".md.jinja"],
            _ => &[],
        };
        endings.iter().chain(more).copied().collect()
    }
}

/// Reads the files of one package.
pub(super) struct Reader<'a> {
    pub project_dir: &'a Path,
    /// Whether to complain of keys in its property ymls: not in packages that were installed.
    pub checks_keys: bool,
}

impl Reader<'_> {
    /// Reads everything found, in parallel.
    pub fn read(&self, lists: Lists, problems: &mut Vec<Diagnostic>) -> PackageFiles {
        let mut texts = |found: Vec<Found>| -> Vec<PackageFile> {
            let read: Vec<_> = found.into_par_iter().map(|found| self.text(found)).collect();
            read.into_iter().filter_map(|read| read.map_err(|problem| problems.push(*problem)).ok()).collect()
        };
        let files = PackageFiles {
            models: texts(lists.models),
            macros: texts(lists.macros),
            tests: texts(lists.tests),
            analyses: texts(lists.analyses),
            snapshots: texts(lists.snapshots),
            functions: texts(lists.functions),
            docs: texts(lists.docs),
            fixtures: texts(lists.fixtures),
            seeds: Vec::new(),
            properties: Vec::new(),
        };
        let read: Vec<_> = lists.properties.into_par_iter().map(|found| self.property(found)).collect();
        let mut properties = Vec::with_capacity(read.len());
        for read in read {
            match read {
                Ok((file, mut warnings)) => {
                    problems.append(&mut warnings);
                    properties.push(file);
                }
                Err(problem) => problems.push(*problem),
            }
        }
        let seeds = lists.seeds.into_iter();
        let seeds =
            seeds.map(|Found { absolute, path, original }| SeedFile { absolute, path, original_file_path: original });
        PackageFiles { seeds: seeds.collect(), properties, ..files }
    }

    fn text(&self, found: Found) -> Result<PackageFile, Box<Diagnostic>> {
        let shown = locate::shown(&found.absolute, self.project_dir);
        let file = read::text(&shown, &found.absolute)?;
        Ok(PackageFile { file, path: found.path, original_file_path: found.original })
    }

    fn property(&self, found: Found) -> Result<(PropertyFile, Vec<Diagnostic>), Box<Diagnostic>> {
        let shown = locate::shown(&found.absolute, self.project_dir);
        let yaml = read::yaml(&shown, &found.absolute)?;
        let mut warnings = Vec::new();
        let file = PropertyFile { yaml, path: found.path, original_file_path: found.original };
        if self.checks_keys {
            warnings.extend(file.yaml.warnings.iter().cloned());
            warnings.extend(keys::check_properties(&file));
        }
        Ok((file, warnings))
    }
}

/// What there is in a package, by kind.
pub(super) struct Lists {
    models: Vec<Found>,
    macros: Vec<Found>,
    tests: Vec<Found>,
    analyses: Vec<Found>,
    snapshots: Vec<Found>,
    functions: Vec<Found>,
    docs: Vec<Found>,
    fixtures: Vec<Found>,
    properties: Vec<Found>,
    seeds: Vec<Found>,
}

impl Lists {
    /// The macros and docs blocks, and of everything else what is wanted.
    pub fn only(&self, is_wanted: impl Fn(&Path) -> bool) -> Self {
        let wanted = |list: &[Found]| list.iter().filter(|found| is_wanted(&found.absolute)).cloned().collect();
        Self {
            models: wanted(&self.models),
            macros: self.macros.clone(),
            tests: wanted(&self.tests),
            analyses: wanted(&self.analyses),
            snapshots: wanted(&self.snapshots),
            functions: wanted(&self.functions),
            docs: self.docs.clone(),
            fixtures: wanted(&self.fixtures),
            properties: wanted(&self.properties),
            seeds: wanted(&self.seeds),
        }
    }

    /// Every file, of some kinds more than once, in one order.
    pub fn all(&self) -> impl Iterator<Item = &Found> {
        let Self { models, macros, tests, analyses, snapshots, functions, docs, fixtures, properties, seeds } = self;
        let every = [models, macros, tests, analyses, snapshots, functions, docs, fixtures, properties, seeds];
        every.into_iter().flatten()
    }
}

/// Walks each folder once, however many kinds of files are looked for in it.
struct Folders<'a> {
    walk: &'a Walk<'a>,
    ignore: Ignore,
    walked: BTreeMap<String, Vec<Found>>,
    problems: &'a mut Vec<Diagnostic>,
}

impl Folders<'_> {
    /// Files below `folders` with one of the endings, each once, sorted by path.
    fn list(&mut self, folders: &[String], endings: &[&str]) -> Vec<Found> {
        let mut seen = BTreeSet::new();
        let mut list = Vec::new();
        for folder in folders {
            if !self.walked.contains_key(folder) {
                let found = self.walk(folder);
                self.walked.insert(folder.clone(), found);
            }
            let found = self.walked.get(folder).into_iter().flatten();
            let wanted = found.filter(|found| endings.iter().any(|ending| found.path.ends_with(ending)));
            list.extend(wanted.filter(|found| seen.insert(found.absolute.clone())).cloned());
        }
        list.sort_by(|one, other| one.original.cmp(&other.original));
        list
    }

    fn walk(&mut self, folder: &str) -> Vec<Found> {
        let root = self.walk.root.join(folder);
        if !root.exists() {
            return Vec::new();
        }
        if root.is_file() {
            let shown = locate::shown(&root, self.walk.project_dir);
            let place = SourceFile::new(shown.as_str(), &root, "");
            self.problems.push(
                Diagnostic::warning("missing-folder", format!("`{shown}` is a file, where a folder is looked for"))
                    .at(Span::start_of(&place), "not read")
                    .help("rename the file, or name another folder in dbt_project.yml"),
            );
            return Vec::new();
        }
        let mut found = Vec::new();
        for entry in WalkDir::new(&root).follow_links(true).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    let path = slashed(entry.path().strip_prefix(&root).unwrap_or(entry.path()));
                    let below_root = slashed(entry.path().strip_prefix(self.walk.root).unwrap_or(entry.path()));
                    if !self.ignore.ignores(&below_root) {
                        found.push(Found { absolute: entry.into_path(), original: join(folder, &path), path });
                    }
                }
                Ok(_) => {}
                Err(error) => self.refuse(&error),
            }
        }
        found
    }

    fn refuse(&mut self, error: &walkdir::Error) {
        let path = error.path().unwrap_or(self.walk.root);
        let shown = locate::shown(path, self.walk.project_dir);
        let is_ignored =
            self.ignore.ignores(&join(&slashed(path.strip_prefix(self.walk.root).unwrap_or(path)), "file"));
        let is_dangling = error.io_error().is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        if is_ignored {
            return;
        }
        if is_dangling {
            self.problems.extend(dangling(&shown, path));
            return;
        }
        let problem = match (error.loop_ancestor(), error.io_error()) {
            (Some(ancestor), _) => {
                let ancestor = locate::shown(ancestor, self.walk.project_dir);
                let file = SourceFile::new(shown.as_str(), path, "");
                Diagnostic::error("symlink-loop", format!("`{shown}` links back to `{ancestor}`, which it lies in"))
                    .at(Span::start_of(&file), "")
                    .help(format!("remove the link, or add `{shown}/` to .dbtignore"))
            }
            (None, Some(io)) => read::unreadable(&shown, path, io),
            (None, None) => Diagnostic::error("unreadable-file", format!("cannot read `{shown}`: {error}")),
        };
        self.problems.push(problem);
    }
}

/// A link to nothing is no file. Editors make such links as locks, under names that begin with a point.
fn dangling(shown: &str, path: &Path) -> Option<Diagnostic> {
    let name = path.file_name()?.to_string_lossy();
    let is_meant = [".sql", ".yml", ".yaml", ".csv", ".md", ".py"].iter().any(|ending| name.ends_with(ending));
    if !is_meant || name.starts_with('.') {
        return None;
    }
    let target = std::fs::read_link(path).ok()?;
    let message = format!("`{shown}` is a link to `{}`, which does not exist", target.display());
    let file = SourceFile::new(shown, path, "");
    let problem = Diagnostic::warning("unreadable-file", message).at(Span::start_of(&file), "not read");
    Some(problem.help("correct the link, or remove it"))
}

fn join(folder: &str, below: &str) -> String {
    if folder.is_empty() { below.to_string() } else { format!("{folder}/{below}") }
}

fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") }
}
