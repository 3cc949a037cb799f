//! From wishes to packages: versions that suit everyone who asks, and the packages those ask for in turn.
//!
//! In dbt's way: a version is chosen as soon as a package is met, its own wishes are added, and every package is
//! chosen once more at the end, with all that is known by then. Source: dbt-core 1.12, `deps/resolver.py`.

use std::collections::BTreeSet;
use std::path::Path;

use super::fail::Failure;
use super::hub::Release;
use super::pinned::{Locked, Pinned};
use super::wish::{Asker, GitSource, Source, Wanted, Wish, Wishes};
use super::workshop::Workshop;
use super::{Order, reader};
use crate::diagnostic::{Diagnostic, nearest};
use crate::project::packages::{ProjectOutline, package_name};
use crate::project::yaml::YamlFile;
use crate::project::{Condition, DBT_VERSION, Version};
use crate::source::SourceFile;

pub(super) struct Resolver<'a> {
    pub order: &'a Order<'a>,
    pub workshop: &'a Workshop<'a>,
    pub outline: &'a ProjectOutline,
    pub problems: Vec<Diagnostic>,
}

impl Resolver<'_> {
    /// Every package that is needed, in the order in which they were met. Problems are in `problems`.
    pub fn resolve(&mut self, wishes: Vec<Wish>) -> Vec<Locked> {
        let mut all = Wishes::default();
        let mut opened = BTreeSet::new();
        let mut failed = BTreeSet::new();
        let mut pending = self.gathered(wishes);
        while !pending.wanted.is_empty() {
            let mut next = Vec::new();
            for wanted in pending.wanted {
                let Some(at) = self.noted(all.add(wanted)) else { continue };
                if failed.contains(&at) {
                    continue;
                }
                let wanted = all.wanted[at].clone();
                let opened_now = self.pin(&wanted).and_then(|pinned| match opened.insert(pinned.identity()) {
                    true => self.wishes_of(&pinned, &wanted),
                    // Packages that ask for each other in a circle end here.
                    false => Ok(Vec::new()),
                });
                match opened_now {
                    Ok(wishes) => next.extend(wishes),
                    Err(problem) => {
                        failed.insert(at);
                        self.problems.push(*problem);
                    }
                }
            }
            pending = self.gathered(next);
        }
        let sound = all.wanted.iter().enumerate().filter(|(at, _)| !failed.contains(at));
        let locked = sound.filter_map(|(_, wanted)| {
            let locked = self.pin(wanted).and_then(|pinned| self.named(pinned, wanted));
            self.noted(locked)
        });
        let locked: Vec<Locked> = locked.collect();
        self.check_names(&locked);
        locked
    }

    fn gathered(&mut self, wishes: Vec<Wish>) -> Wishes {
        let mut gathered = Wishes::default();
        for wish in wishes {
            let added = gathered.add(Wanted { wishes: vec![wish] });
            self.noted(added);
        }
        gathered
    }

    fn noted<T>(&mut self, ended: Result<T, Box<Diagnostic>>) -> Option<T> {
        ended.map_err(|problem| self.problems.push(*problem)).ok()
    }

    fn pin(&mut self, wanted: &Wanted) -> Result<Pinned, Box<Diagnostic>> {
        match &wanted.first().source {
            Source::Hub { package, allows_prerelease, .. } => self.pin_version(package, *allows_prerelease, wanted),
            Source::Git(source) => self.pin_commit(source, wanted),
            Source::Local { path, folder } => Ok(Pinned::Local { path: path.clone(), folder: folder.clone() }),
            Source::Tarball { url, written, .. } => Ok(Pinned::Tarball { url: url.clone(), written: written.clone() }),
        }
    }

    fn pin_version(
        &mut self,
        package: &str,
        allows_prerelease: bool,
        wanted: &Wanted,
    ) -> Result<Pinned, Box<Diagnostic>> {
        let conditions = wanted.conditions();
        check_conflicts(package, &conditions)?;
        let (releases, new_name) =
            self.workshop.fetcher.releases(package).map_err(|failure| self.unknown(package, failure, wanted))?;
        if let Some(new_name) = new_name.filter(|new_name| new_name != package) {
            self.warn(
                Diagnostic::warning("renamed-package", format!("`{package}` has become `{new_name}`"))
                    .at(wanted.first().asked_at.clone(), wanted.first().words("the old name"))
                    .help(format!("ask for `{new_name}`")),
            );
        }
        let allows_prerelease =
            allows_prerelease || conditions.iter().any(|(condition, _)| condition.is_of_prerelease());
        let offered = Offered::of(&releases, self.order.options.checks_version, allows_prerelease);
        let suits = |version: &Version| conditions.iter().all(|(condition, _)| condition.holds(version));
        let chosen = offered.versions.iter().rev().find(|(version, _)| suits(version));
        match chosen {
            Some((_, text)) => Ok(Pinned::Hub {
                package: package.to_string(),
                version: (*text).to_string(),
                latest: offered.versions.last().map(|(_, text)| (*text).to_string()),
            }),
            None => Err(Box::new(offered.no_version(package, &conditions, wanted, &suits))),
        }
    }

    fn pin_commit(&mut self, source: &GitSource, wanted: &Wanted) -> Result<Pinned, Box<Diagnostic>> {
        let revisions = wanted.revisions();
        if let [(one, first), (other, second), ..] = revisions.as_slice() {
            let message = format!("`{}` is asked for at two revisions", source.shown());
            let problem = Diagnostic::error("conflicting-versions", message);
            let problem = problem
                .at(second.version_at.clone(), second.words(&format!("`{other}`")))
                .at(first.version_at.clone(), first.words(&format!("`{one}`")));
            return Err(Box::new(problem.help("make them one")));
        }
        let revision = revisions.first().map(|(revision, _)| *revision);
        self.warn_unpinned(source, revision, wanted);
        let repository = self.workshop.repository(source);
        let commit = repository.find(revision).or_else(|failure| {
            let remembered = repository.remembered(revision).filter(|_| self.workshop.fetcher.may_be_old());
            let remembered = remembered.filter(|_| failure.code == "git-failed");
            let commit = remembered.ok_or(failure)?;
            let revision = revision.unwrap_or("HEAD");
            self.workshop.fetcher.note_stale(format!("the commit of `{revision}` of {}", source.shown()));
            Ok::<String, Failure>(commit)
        });
        let commit = commit.map_err(|failure| told(failure, wanted))?;
        Ok(Pinned::Git { source: source.clone(), commit })
    }

    /// Source: dbt-core 1.12, `GitPinnedPackage._fetch_metadata`.
    fn warn_unpinned(&mut self, source: &GitSource, revision: Option<&str>, wanted: &Wanted) {
        let is_loose = matches!(revision, None | Some("HEAD" | "main" | "master"));
        let is_told = wanted.wishes.iter().all(|wish| match &wish.source {
            Source::Git(git) => git.warns_unpinned,
            Source::Hub { .. } | Source::Local { .. } | Source::Tarball { .. } => true,
        });
        if is_loose && is_told {
            let first = wanted.first();
            let label = first.words(&format!("whatever `{}` is at the moment", revision.unwrap_or("HEAD")));
            self.warn(
                Diagnostic::warning("unpinned-package", format!("`{}` is not pinned to a version", source.shown()))
                    .at(first.asked_at.clone(), label)
                    .help("set `revision` to a tag or a commit; or `warn-unpinned: false`, if that is meant"),
            );
        }
    }

    fn warn(&mut self, warning: Diagnostic) {
        if !self.problems.contains(&warning) {
            self.problems.push(warning);
        }
    }

    /// A package that the hub has not, or a hub that is not there.
    fn unknown(&self, package: &str, failure: Failure, wanted: &Wanted) -> Box<Diagnostic> {
        if failure.code != "fetch-refused" {
            return told(failure, wanted);
        }
        let first = wanted.first();
        let problem = Diagnostic::error("missing-package", format!("the hub has no package `{package}`"));
        let problem = problem.at(first.asked_at.clone(), first.words("it")).note(failure.why);
        let index = self.workshop.fetcher.index().unwrap_or_default();
        let same_name = index.iter().find(|known| known.rsplit('/').next() == package.rsplit('/').next());
        let near = same_name.map(String::as_str).or_else(|| nearest(package, index.iter().map(String::as_str)));
        Box::new(match near {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help("look for its name on the hub, or ask for it with `git`"),
        })
    }

    /// What a package asks for itself.
    fn wishes_of(&mut self, pinned: &Pinned, wanted: &Wanted) -> Result<Vec<Wish>, Box<Diagnostic>> {
        let mut reader = reader(self.order);
        let name = self.project_name(pinned, wanted)?;
        let through = Some(&wanted.first().asked_at);
        let (declared, folder, through) = match pinned {
            Pinned::Hub { package, version, .. } => {
                let file = self.hub_packages(package, version, wanted)?;
                reader.is_rendering = false;
                (reader.of_list(&file, &file.root), self.outline.root.clone(), through)
            }
            Pinned::Local { folder, .. } => (reader.of_folder(folder, &self.outline.root), folder.clone(), None),
            Pinned::Git { .. } | Pinned::Tarball { .. } => {
                let folder = self.unpacked(pinned, wanted)?;
                let above = folder.parent().unwrap_or(Path::new("")).to_path_buf();
                (reader.of_folder(&folder, &above), folder, through)
            }
        };
        for mut problem in reader.problems {
            problem.or_at(&wanted.first().asked_at, &format!("`{name}` is asked for here"));
            // What is odd in somebody else's file is for its authors to mend.
            if problem.is_error() || matches!(pinned, Pinned::Local { .. }) {
                self.problems.push(problem);
            }
        }
        let asker = Asker { project: &self.outline.root, folder: &folder, by: Some(&name), through };
        declared.iter().map(|package| Wish::of(package, &asker)).collect()
    }

    fn unpacked(&self, pinned: &Pinned, wanted: &Wanted) -> Result<std::path::PathBuf, Box<Diagnostic>> {
        let is_wanted_anew = true;
        self.workshop.unpack(pinned, is_wanted_anew).map_err(|failure| told(failure, wanted))
    }

    /// The hub's list for a version, as a file of our own making.
    fn hub_packages(&self, package: &str, version: &str, wanted: &Wanted) -> Result<YamlFile, Box<Diagnostic>> {
        let release = self.release(package, version, wanted)?;
        let text = release.packages().to_string();
        YamlFile::parse(&SourceFile::in_memory(format!("<{package} {version} on the hub>"), text))
    }

    fn release(&self, package: &str, version: &str, wanted: &Wanted) -> Result<Release, Box<Diagnostic>> {
        let (releases, _) = self.workshop.fetcher.releases(package).map_err(|failure| told(failure, wanted))?;
        let release = releases.into_iter().find(|release| release.version == version);
        release.ok_or_else(|| {
            let failure = Failure::new("missing-version", format!("the hub has no version {version}"), "run it again");
            told(failure, wanted)
        })
    }

    fn project_name(&self, pinned: &Pinned, wanted: &Wanted) -> Result<String, Box<Diagnostic>> {
        let named = match pinned {
            Pinned::Hub { package, version, .. } => {
                let release = self.release(package, version, wanted)?;
                Ok(release.project_name().unwrap_or_else(|| package.rsplit('/').next().unwrap_or(package)).to_string())
            }
            Pinned::Tarball { .. } => match &wanted.first().source {
                Source::Tarball { name, .. } => Ok(name.clone()),
                Source::Hub { .. } | Source::Git(_) | Source::Local { .. } => Ok(pinned.shown()),
            },
            Pinned::Git { .. } | Pinned::Local { .. } => {
                let folder = self.unpacked(pinned, wanted)?;
                package_name(&format!("dbt_project.yml of {}", pinned.shown()), &folder)
            }
        };
        named.map_err(|mut problem| {
            problem.labels.push(crate::diagnostic::Label {
                span: wanted.first().asked_at.clone(),
                text: wanted.first().words("it"),
            });
            problem
        })
    }

    fn named(&mut self, pinned: Pinned, wanted: &Wanted) -> Result<Locked, Box<Diagnostic>> {
        let name = self.project_name(&pinned, wanted)?;
        let first = wanted.first();
        let words = first.words(&format!("`{name}`"));
        Ok(Locked { pinned, name, asked_at: first.asked_at.clone(), words })
    }

    /// Source: dbt-core 1.12, `_check_for_duplicate_project_names`.
    fn check_names(&mut self, locked: &[Locked]) {
        for (at, package) in locked.iter().enumerate() {
            let name = &package.name;
            if let Some(other) = locked[..at].iter().find(|other| other.name == *name) {
                let message = format!("two packages are named `{name}`");
                let label = |one: &Locked| format!("{}, from {}", one.words, one.pinned.shown());
                let problem = Diagnostic::error("duplicate-package", message)
                    .at(package.asked_at.clone(), label(package))
                    .at(other.asked_at.clone(), label(other));
                self.problems
                    .push(problem.help("ask for it in one way everywhere: from the hub, or from its repository"));
            } else if *name == self.outline.name {
                let message = format!("a package is named `{name}`, as the project itself is");
                let problem = Diagnostic::error("duplicate-package", message)
                    .at(package.asked_at.clone(), package.words.clone())
                    .at(self.outline.named_at.clone(), "the project's name");
                self.problems.push(problem.help("rename the project, or remove the package"));
            } else if let Some(problem) = bad_folder_name(package) {
                self.problems.push(problem);
            }
        }
    }
}

/// Names become folders, and must not lead elsewhere.
pub(super) fn bad_folder_name(package: &Locked) -> Option<Diagnostic> {
    let name = &package.name;
    let is_good = name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'))
        && !name.starts_with('.')
        && !name.is_empty();
    (!is_good).then(|| {
        Diagnostic::error("wrong-name", format!("`{name}` cannot be the name of a package"))
            .at(package.asked_at.clone(), package.words.clone())
            .help("names are letters, digits and underscores")
    })
}

fn told(failure: Failure, wanted: &Wanted) -> Box<Diagnostic> {
    let first = wanted.first();
    Box::new(failure.of(&first.source.shown(), &first.asked_at, first.words("it")))
}

fn check_conflicts(package: &str, conditions: &[(&Condition, &Wish)]) -> Result<(), Box<Diagnostic>> {
    for (at, (one, first)) in conditions.iter().enumerate() {
        let Some((other, second)) = conditions[..at].iter().find(|(other, _)| !one.is_compatible_with(other)) else {
            continue;
        };
        let message = format!("no version of `{package}` can be both `{other}` and `{one}`");
        let problem = Diagnostic::error("conflicting-versions", message);
        let problem = problem.at(first.version_at.clone(), first.words(&format!("`{one}`")));
        let problem = match second.version_at == first.version_at && second.by == first.by {
            true => problem,
            false => problem.at(second.version_at.clone(), second.words(&format!("`{other}`"))),
        };
        return Err(Box::new(problem.help("widen one of the two")));
    }
    Ok(())
}

/// What the hub offers of a package.
struct Offered<'r> {
    /// Those that may be installed, the lowest first.
    versions: Vec<(Version, &'r str)>,
    prereleases: Vec<(Version, &'r str)>,
    /// Those that want another dbt.
    unfit: usize,
}

impl<'r> Offered<'r> {
    fn of(releases: &'r [Release], checks_version: bool, allows_prerelease: bool) -> Self {
        let (fit, unfit): (Vec<_>, Vec<_>) = releases.iter().partition(|release| {
            // A condition that nobody understands keeps nobody out.
            !checks_version || crate::project::is_satisfied(&release.dbt_versions()).unwrap_or(true)
        });
        let mut versions: Vec<(Version, &str)> = fit
            .into_iter()
            .filter_map(|release| Some((Version::parse(&release.version)?, release.version.as_str())))
            .collect();
        versions.sort();
        let (prereleases, versions) =
            versions.into_iter().partition(|(version, _)| version.is_prerelease() && !allows_prerelease);
        Self { versions, prereleases, unfit: unfit.len() }
    }

    fn no_version(
        &self,
        package: &str,
        conditions: &[(&Condition, &Wish)],
        wanted: &Wanted,
        suits: &dyn Fn(&Version) -> bool,
    ) -> Diagnostic {
        let range: Vec<String> = conditions.iter().map(|(condition, _)| condition.to_string()).collect();
        let range = range.join(", ");
        let mut problem =
            Diagnostic::error("missing-version", format!("the hub has no version of `{package}` that is {range}"));
        let mut spans = Vec::new();
        for (_, wish) in conditions {
            if !spans.contains(&&wish.version_at) {
                spans.push(&wish.version_at);
                problem = problem.at(wish.version_at.clone(), wish.words("it"));
            }
        }
        if spans.is_empty() {
            problem = problem.at(wanted.first().version_at.clone(), wanted.first().words("it"));
        }
        let known: Vec<&str> = self.versions.iter().rev().take(10).map(|(_, text)| *text).collect();
        if !known.is_empty() {
            problem = problem.note(format!("the newest versions are {}", known.join(", ")));
        }
        if self.unfit > 0 {
            problem = problem.note(format!("{} more do not go with dbt {DBT_VERSION}", self.unfit));
        }
        let prerelease = self.prereleases.iter().rev().find(|(version, _)| suits(version));
        match (prerelease, self.unfit) {
            (Some((_, text)), _) => problem.help(format!("add `install_prerelease: true` to take {text}")),
            (None, 1..) => problem.help("change the range; `--no-version-check` takes the others too"),
            (None, 0) => problem.help("change the range"),
        }
    }
}
