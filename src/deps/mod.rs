//! The mail room: brings the packages a project asks for into its dbt_packages/, and writes down which they were.
//!
//! Everything is fetched, checked and put together beside the old folder; only then it takes its place. Needs neither
//! profile nor target, and no network for what was fetched before.

mod add;
mod archive;
mod cache;
mod fail;
mod git;
mod hub;
mod lock;
mod locked;
mod pinned;
mod resolve;
mod wish;
mod workshop;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use tempfile::NamedTempFile;

pub use add::Addition;
pub use cache::cache_folder;

use self::cache::Cache;
use self::hub::Fetcher;
use self::locked::LockFile;
use self::pinned::{Locked, Pinned};
use self::resolve::Resolver;
use self::wish::{Asker, Wish};
use self::workshop::Workshop;
use crate::diagnostic::Diagnostic;
use crate::event::{Event, EventSender, Level};
use crate::ingest::{Client, Pause};
use crate::project::packages::{
    DEPENDENCIES_FILE, DeclaredPackage, LOCK_FILE, PACKAGES_FILE, PackageReader, ProjectOutline,
};
use crate::project::yaml::YamlFile;
use crate::project::{Invocation, LoadOptions, YamlRenderer, YamlScope};
use crate::source::SourceFile;

/// Waits of dbt's hub client are short too: somebody sits before the terminal.
const TRIES: u32 = 4;

/// What a call asks for.
pub struct Order<'a> {
    pub options: &'a LoadOptions,
    pub renderer: &'a dyn YamlRenderer,
    pub add: Option<Addition>,
    /// `--upgrade`: choose anew, whatever the lock says.
    pub is_upgrade: bool,
    /// `--lock`: choose and write it down, install nothing.
    pub locks_only: bool,
    /// How waiting between tries is done; tests do not wait.
    pub pause: Pause,
    pub invocation: &'a Invocation,
    pub events: EventSender,
}

/// Does what was ordered; warnings, where it could be done.
///
/// # Errors
/// Every problem found, warnings among them; what was installed before is untouched.
pub fn run(order: &Order<'_>) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let outline = ProjectOutline::read(order.options, order.renderer, order.invocation);
    let outline = outline.map_err(|problem| vec![*problem])?;
    let environment = &order.options.environment;
    let temporary = tempfile::TempDir::new().map_err(|error| vec![unwritable(&std::env::temp_dir(), &error)])?;
    // Without a home, or where it may not be written, this call does without a memory.
    let cache = cache_folder(environment).and_then(|folder| Cache::open(&folder).ok());
    let cache = cache.map_or_else(|| Cache::open(temporary.path()), Ok);
    let cache = cache.map_err(|error| vec![unwritable(temporary.path(), &error)])?;
    let client = Client::new(order.pause.clone(), order.invocation.id.clone()).with_tries(TRIES);
    let hub = environment.get("DBT_PACKAGE_HUB_URL").filter(|url| !url.is_empty()).map(String::as_str);
    let fetcher = Fetcher::new(client, cache, hub, !order.is_upgrade);
    // A link to a folder stays one: what it leads to is exchanged.
    let install_path = outline.install_path.canonicalize().unwrap_or_else(|_| outline.install_path.clone());
    let workshop = Workshop::open(&fetcher, &outline.root, &install_path, &order.pause)
        .map_err(|error| vec![unwritable(&install_path, &error)])?;
    let secrets = environment.iter().filter(|(name, _)| name.starts_with("DBT_ENV_SECRET"));
    let secrets = secrets.map(|(_, value)| value.clone()).filter(|value| !value.trim().is_empty()).collect();
    let mut call = Call { order, outline: &outline, workshop: &workshop, secrets, problems: Vec::new() };
    let done = call.run(&install_path);
    match done {
        Some(()) => Ok(call.problems),
        None => Err(call.problems),
    }
}

struct Call<'a> {
    order: &'a Order<'a>,
    outline: &'a ProjectOutline,
    workshop: &'a Workshop<'a>,
    secrets: Vec<String>,
    problems: Vec<Diagnostic>,
}

/// What the project asks for, and the text of the file that says so, where it is to be changed.
struct Asked {
    declared: Vec<DeclaredPackage>,
    new_text: Option<(PathBuf, String)>,
}

impl Call<'_> {
    /// `None`: there are problems, and nothing was changed.
    fn run(&mut self, install_path: &Path) -> Option<()> {
        let asked = self.asked()?;
        let hash = lock::hash(&asked.declared);
        // An upgrade makes it anew, whatever it says.
        let file = if self.order.is_upgrade { Ok(None) } else { LockFile::read(&self.outline.root) };
        let current = self.noted(file)?.filter(|file| file.is_of(&hash));
        let locked = match &current {
            Some(file) => self.of_lock(file, &asked.declared),
            None => self.resolve(&asked.declared),
        };
        self.warn_of_stale();
        self.sound()?;
        let new_lock = match current {
            // A project without packages needs no lock, but one it has must not speak of others.
            None if asked.declared.is_empty() && !self.outline.root.join(LOCK_FILE).is_file() => None,
            None => Some(lock::text(&locked, &hash, &self.secrets)),
            Some(_) => None,
        };
        if asked.declared.is_empty() {
            self.tell(format!("no packages are asked for in {PACKAGES_FILE}"));
        }
        let assembled = if self.order.locks_only { None } else { Some(self.assembled(&locked)?) };
        if let Some((path, text)) = &asked.new_text {
            self.write(path, text)?;
        }
        if let Some(text) = &new_lock {
            self.write(&self.outline.root.join(LOCK_FILE), text)?;
            self.tell(format!("wrote {LOCK_FILE}"));
        }
        if let Some(assembled) = assembled.filter(|_| !locked.is_empty() || install_path.is_dir()) {
            let installed = self.workshop.install(&assembled, install_path);
            self.noted(installed.map_err(|error| Box::new(unwritable(install_path, &error))))?;
            locked.iter().for_each(|package| self.tell_installed(package));
        }
        Some(())
    }

    /// Reads packages.yml and dependencies.yml, with what is to be added.
    fn asked(&mut self) -> Option<Asked> {
        let mut reader = reader(self.order);
        let mut files = reader.files(&self.outline.root, &self.outline.root);
        let mut new_text = None;
        if let Some(addition) = self.order.add.as_ref().filter(|_| !reader.problems.iter().any(Diagnostic::is_error)) {
            let (file, replaced) = self.added(addition, &mut files);
            for name in replaced {
                self.tell(format!("`{name}` is replaced"));
            }
            new_text = file;
        }
        let declared = reader.of_files(&files);
        self.problems.append(&mut reader.problems);
        self.sound()?;
        Some(Asked { declared, new_text })
    }

    /// Puts an entry into the file that lists packages, as far as this call is concerned; its new text, and what the
    /// entry replaced.
    fn added(&mut self, addition: &Addition, files: &mut Vec<YamlFile>) -> (Option<(PathBuf, String)>, Vec<String>) {
        let listing = files.iter().position(|file| file.root.get("packages").is_some());
        let name = match listing.and_then(|at| files.get(at)) {
            Some(file) if file.file.path.ends_with(DEPENDENCIES_FILE) => DEPENDENCIES_FILE,
            _ => PACKAGES_FILE,
        };
        let listing = listing.or_else(|| files.iter().position(|file| file.file.path.ends_with(PACKAGES_FILE)));
        let path = self.outline.root.join(name);
        let nothing = || YamlFile::parse(&SourceFile::new(name, path.as_path(), ""));
        let old = listing.and_then(|at| files.get(at).cloned()).map_or_else(nothing, Ok);
        let edited = old.and_then(|old| {
            let (text, replaced) = addition.edited(&old);
            let new = YamlFile::parse(&SourceFile::new(name, path.as_path(), text.as_str()))?;
            Ok((new, text, replaced))
        });
        let Some((new, text, replaced)) = self.noted(edited) else { return (None, Vec::new()) };
        match listing.and_then(|at| files.get_mut(at)) {
            Some(file) => *file = new,
            None => files.push(new),
        }
        (Some((path, text)), replaced)
    }

    fn of_lock(&mut self, file: &LockFile, declared: &[DeclaredPackage]) -> Vec<Locked> {
        let mut reader = reader(self.order);
        let locked = file.packages(&mut reader, self.workshop, declared, &self.secrets);
        self.problems.append(&mut reader.problems);
        locked
    }

    fn resolve(&mut self, declared: &[DeclaredPackage]) -> Vec<Locked> {
        let root = &self.outline.root;
        let asker = Asker { project: root, folder: root, by: None, through: None };
        let wishes = declared.iter().filter_map(|package| {
            let wish = Wish::of(package, &asker);
            wish.map_err(|problem| self.problems.push(*problem)).ok()
        });
        let wishes: Vec<Wish> = wishes.collect();
        let mut resolver =
            Resolver { order: self.order, workshop: self.workshop, outline: self.outline, problems: Vec::new() };
        let locked = resolver.resolve(wishes);
        self.problems.append(&mut resolver.problems);
        self.warn_of_blots(&locked);
        locked
    }

    /// Source: dbt-core 1.12, `DepsScrubbedPackageName`.
    fn warn_of_blots(&mut self, locked: &[Locked]) {
        for package in locked {
            let written = match &package.pinned {
                Pinned::Git { source, .. } => &source.written,
                Pinned::Tarball { written, .. } => written,
                Pinned::Hub { .. } | Pinned::Local { .. } => continue,
            };
            if lock::blotted(written, &self.secrets) != *written {
                let message =
                    format!("the address of `{}` holds a secret, which is left out of {LOCK_FILE}", package.name);
                let problem = Diagnostic::warning("scrubbed-package", message);
                let problem = problem.at(package.asked_at.clone(), package.words.clone());
                self.problems.push(problem.help("write `{{ env_var('DBT_ENV_SECRET_…') }}` instead of the secret"));
            }
        }
    }

    fn warn_of_stale(&mut self) {
        let stale =
            std::mem::take(&mut *self.workshop.fetcher.stale.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        if !stale.is_empty() {
            let problem = Diagnostic::warning("no-network", "the network is not there: an earlier answer is used");
            let problem =
                stale.iter().fold(problem, |problem, what| problem.note(format!("of an earlier call: {what}")));
            self.problems.push(problem.help("run `tamis deps --upgrade` when it is back"));
        }
    }

    /// Fetches and unpacks every package, several at once, and puts them together.
    fn assembled(&mut self, locked: &[Locked]) -> Option<PathBuf> {
        let failures: Vec<Diagnostic> = locked
            .par_iter()
            .filter_map(|package| {
                let failure = self.workshop.unpack(&package.pinned, false).err()?;
                Some(failure.of(&package.pinned.shown(), &package.asked_at, package.words.clone()))
            })
            .collect();
        self.problems.extend(failures);
        self.sound()?;
        let assembled = self.workshop.assemble(locked).map_err(|failure| {
            let problem = Diagnostic::error(failure.code, format!("packages cannot be put together: {}", failure.why));
            Box::new(problem.help(failure.help))
        });
        self.noted(assembled)
    }

    fn tell_installed(&self, package: &Locked) {
        let name = match &package.pinned {
            Pinned::Hub { package, .. } => package,
            Pinned::Git { .. } | Pinned::Local { .. } | Pinned::Tarball { .. } => &package.name,
        };
        let news = match &package.pinned {
            Pinned::Hub { version, latest: Some(latest), .. } if latest != version => format!(" ({latest} is out)"),
            Pinned::Hub { .. } => String::new(),
            Pinned::Git { .. } | Pinned::Local { .. } | Pinned::Tarball { .. } => {
                format!(" (from {})", package.pinned.shown())
            }
        };
        self.tell(format!("installed {name} {}{news}", package.pinned.version_words()));
    }

    fn tell(&self, message: String) {
        self.order.events.send(Event::Log { level: Level::Info, node: None, message });
    }

    fn noted<T>(&mut self, ended: Result<T, Box<Diagnostic>>) -> Option<T> {
        ended.map_err(|problem| self.problems.push(*problem)).ok()
    }

    fn sound(&self) -> Option<()> {
        (!self.problems.iter().any(Diagnostic::is_error)).then_some(())
    }

    /// Whole or not at all.
    fn write(&mut self, path: &Path, text: &str) -> Option<()> {
        let written = draft_in(&self.outline.root).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.persist(path).map(drop).map_err(|error| error.error)
        });
        self.noted(written.map_err(|error| Box::new(unwritable(path, &error))))
    }
}

fn reader<'a>(order: &'a Order<'a>) -> PackageReader<'a> {
    let scope = YamlScope {
        vars: &order.options.vars,
        target: None,
        may_read_secrets: true,
        project_name: None,
        invocation: Some(order.invocation),
    };
    PackageReader::new(order.renderer, scope)
}

/// A draft beside the file it becomes; readable by whom files usually are.
fn draft_in(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(<fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666));
    builder.tempfile_in(folder)
}

fn unwritable(path: &Path, error: &io::Error) -> Diagnostic {
    let message = format!("cannot write `{}`: {error}", path.display());
    Diagnostic::error("cannot-write", message).help("check that there is room, and that it may be written")
}
