//! What is asked for: one wish for one package, and the wishes of several gathered by package.
//!
//! Reads no files and asks no network.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::ingest::shown_url;
use crate::manifest::Json;
use crate::project::Condition;
use crate::project::packages::{DeclaredPackage, PackageKind, lexically_clean, local_folder};
use crate::source::Span;

/// One wish, by the project itself or by one of its packages.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub source: Source,
    /// In the project's own file: the entry that asks, or the one whose package does.
    pub asked_at: Span,
    /// In the same entry, its version or revision.
    pub version_at: Span,
    /// The package that asks; `None`: the project itself.
    pub by: Option<String>,
}

/// Where a package comes from, and which of its versions are welcome.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Hub { package: String, conditions: Vec<Condition>, allows_prerelease: bool },
    Git(GitSource),
    Local { path: String, folder: PathBuf },
    Tarball { url: String, written: String, name: String },
}

#[derive(Clone, Debug)]
pub(super) struct GitSource {
    /// Rendered: may hold secrets.
    pub url: String,
    /// As written, Jinja and all; the short name of a `private` package.
    pub written: String,
    pub revision: Option<String>,
    pub warns_unpinned: bool,
    pub subdirectory: Option<String>,
    /// A `private:` package, and its `provider`.
    pub private: Option<Option<String>>,
}

/// Who asks, and from where.
pub(super) struct Asker<'a> {
    /// The project's folder.
    pub project: &'a Path,
    /// The folder of the file that asks.
    pub folder: &'a Path,
    pub by: Option<&'a str>,
    /// The entry of the project's own file that led here, where the file that asks is somebody else's.
    pub through: Option<&'a Span>,
}

impl Wish {
    /// # Errors
    /// A version that cannot be understood, or a provider nobody knows.
    pub fn of(declared: &DeclaredPackage, asker: &Asker<'_>) -> Result<Self, Box<Diagnostic>> {
        let asked_at = asker.through.unwrap_or(&declared.declared_at).clone();
        let version_at = asker.through.unwrap_or(&declared.version_at).clone();
        let by = asker.by.map(str::to_string);
        let written = || {
            let written = declared.written.get(declared.kind.key()).and_then(Json::as_str);
            written.unwrap_or(&declared.place).to_string()
        };
        let git = |url: String, private| GitSource {
            url,
            written: written(),
            revision: declared.rendered.get("revision").and_then(version_text),
            warns_unpinned: declared.flag(["warn-unpinned", "warn_unpinned"]).unwrap_or(true),
            subdirectory: declared.text("subdirectory").map(str::to_string),
            private,
        };
        let place = declared.place.clone();
        let source = match declared.kind {
            PackageKind::Hub => Source::Hub {
                package: place,
                conditions: conditions(declared, &version_at, by.as_deref())?,
                allows_prerelease: declared.flag(["install_prerelease", "install-prerelease"]).unwrap_or(false),
            },
            PackageKind::Git => Source::Git(git(place, None)),
            PackageKind::Private => {
                let provider = declared.text("provider").map(str::to_string);
                let url =
                    private_url(&place, provider.as_deref()).map_err(|problem| problem.at(asked_at.clone(), ""))?;
                Source::Git(git(url, Some(provider)))
            }
            PackageKind::Local => {
                let folder = lexically_clean(&local_folder(asker.project, asker.folder, &place));
                Source::Local { path: place, folder }
            }
            PackageKind::Tarball => {
                let name = declared.text("name").unwrap_or_default().to_string();
                Source::Tarball { url: place, written: written(), name }
            }
        };
        Ok(Self { source, asked_at, version_at, by })
    }

    /// `asked for here`, or by whom.
    pub fn words(&self, what: &str) -> String {
        match &self.by {
            Some(by) => format!("`{by}` asks for {what}"),
            None => format!("{what} is asked for here"),
        }
    }
}

impl Source {
    /// What makes two wishes ones for the same package; a repository has two spellings, with and without `.git`.
    fn names(&self) -> Vec<String> {
        match self {
            Self::Hub { package, .. } => vec![package.clone()],
            Self::Local { path, .. } => vec![path.clone()],
            Self::Tarball { url, .. } => vec![url.clone()],
            Self::Git(git) => {
                let other = git.url.strip_suffix(".git").map_or_else(|| format!("{}.git", git.url), str::to_string);
                let below = git.subdirectory.as_ref().map(|folder| format!("/{folder}")).unwrap_or_default();
                vec![format!("{}{below}", git.url), format!("{other}{below}")]
            }
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Hub { .. } => "hub",
            Self::Git(_) => "git",
            Self::Local { .. } => "local",
            Self::Tarball { .. } => "tarball",
        }
    }

    /// As people may see it: without what may be secret in an address.
    pub fn shown(&self) -> String {
        match self {
            Self::Hub { package, .. } => package.clone(),
            Self::Git(git) => git.shown(),
            Self::Local { path, .. } => path.clone(),
            Self::Tarball { url, .. } => shown_url(url),
        }
    }
}

impl GitSource {
    pub fn shown(&self) -> String {
        let url = shown_url(&self.url);
        self.subdirectory.as_ref().map_or_else(|| url.clone(), |folder| format!("{url}/{folder}"))
    }
}

/// All wishes for one package; the first decides where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub wishes: Vec<Wish>,
}

impl Wanted {
    pub fn first(&self) -> &Wish {
        self.wishes.first().expect("a package is wanted because somebody wished for it")
    }

    /// The revisions asked for, each with who asks first.
    pub fn revisions(&self) -> Vec<(&str, &Wish)> {
        let mut seen = BTreeSet::new();
        let revisions = self.wishes.iter().filter_map(|wish| match &wish.source {
            Source::Git(git) => Some((git.revision.as_deref()?, wish)),
            Source::Hub { .. } | Source::Local { .. } | Source::Tarball { .. } => None,
        });
        revisions.filter(|(revision, _)| seen.insert(*revision)).collect()
    }

    /// Every condition on the version, with who sets it.
    pub fn conditions(&self) -> Vec<(&Condition, &Wish)> {
        let pairs = self.wishes.iter().flat_map(|wish| {
            let conditions: &[Condition] = match &wish.source {
                Source::Hub { conditions, .. } => conditions,
                Source::Git(_) | Source::Local { .. } | Source::Tarball { .. } => &[],
            };
            conditions.iter().map(move |condition| (condition, wish))
        });
        pairs.collect()
    }
}

/// Wishes by package, in the order in which packages were first asked for.
#[derive(Default)]
pub(super) struct Wishes {
    pub wanted: Vec<Wanted>,
}

impl Wishes {
    /// Adds wishes for one package; where it stands now.
    ///
    /// # Errors
    /// It is wanted from two kinds of places.
    pub fn add(&mut self, wanted: Wanted) -> Result<usize, Box<Diagnostic>> {
        let names = wanted.first().source.names();
        let is_same = |other: &Wanted| other.first().source.names().iter().any(|name| names.contains(name));
        let Some(at) = self.wanted.iter().position(is_same) else {
            self.wanted.push(wanted);
            return Ok(self.wanted.len() - 1);
        };
        let (old, new) = (self.wanted[at].first(), wanted.first());
        if old.source.kind() != new.source.kind() {
            let (one, other) = (old.source.kind(), new.source.kind());
            let message = format!("`{}` is asked for as a {one} package and as a {other} package", old.source.shown());
            let problem = Diagnostic::error("conflicting-packages", message);
            let problem = problem.at(new.asked_at.clone(), new.words(other)).at(old.asked_at.clone(), old.words(one));
            return Err(Box::new(problem.help("take it from one of the two")));
        }
        self.wanted[at].wishes.extend(wanted.wishes);
        Ok(at)
    }
}

fn conditions(
    declared: &DeclaredPackage,
    asked_at: &Span,
    by: Option<&str>,
) -> Result<Vec<Condition>, Box<Diagnostic>> {
    let texts = match declared.rendered.get("version") {
        Some(Json::Array(list)) => list.iter().filter_map(version_text).collect(),
        Some(version) => version_text(version).into_iter().collect::<Vec<_>>(),
        None => Vec::new(),
    };
    let understood = |text: &String| match Condition::parse(text).filter(|_| !text.contains(char::is_whitespace)) {
        Some(condition) => Ok(condition),
        None => {
            let of = by.map(|by| format!(", which `{by}` asks for,")).unwrap_or_default();
            let message = format!("`{text}` is no version of `{}`{of} that can be understood", declared.place);
            let problem = Diagnostic::error("wrong-version", message).at(asked_at.clone(), "");
            Err(Box::new(problem.help(spelled(text))))
        }
    };
    texts.iter().map(understood).collect()
}

/// How a version that cannot be understood was probably meant.
fn spelled(text: &str) -> String {
    let parts: Vec<String> = text.split(',').map(|part| part.split_whitespace().collect::<String>()).collect();
    if parts.iter().all(|part| Condition::parse(part).is_some()) {
        let quoted: Vec<String> = parts.iter().map(|part| format!("\"{part}\"")).collect();
        return format!("write `version: [{}]`", quoted.join(", "));
    }
    let (operator, numbers) = text.split_at(text.len() - text.trim_start_matches(['>', '<', '=']).len());
    let whole = [format!("{operator}{numbers}.0"), format!("{operator}{numbers}.0.0")];
    match whole.iter().find(|text| Condition::parse(text).is_some()) {
        Some(whole) => format!("versions have three numbers: write `{whole}`"),
        None => "write three numbers, such as `1.0.0`, or a range: `[\">=1.0.0\", \"<2.0.0\"]`".to_string(),
    }
}

/// Numbers stand for the text Python would make of them: `1.0`, not `1`.
fn version_text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

/// Source: dbt-core 1.12, `_get_ssh_fallback_url`: what `private:` means outside of dbt's own platform.
fn private_url(name: &str, provider: Option<&str>) -> Result<String, Box<Diagnostic>> {
    match provider.unwrap_or("github") {
        "github" => Ok(format!("git@github.com:{name}.git")),
        "gitlab" => Ok(format!("git@gitlab.com:{name}.git")),
        "ado" | "azure_devops" if name.split('/').count() >= 3 => Ok(format!("git@ssh.dev.azure.com:v3/{name}")),
        "ado" | "azure_devops" => {
            let problem =
                Diagnostic::error("wrong-name", format!("`{name}` does not name a repository of Azure DevOps"));
            Err(Box::new(problem.help("write it as `organisation/project/repository`")))
        }
        other => {
            let problem = Diagnostic::error("wrong-name", format!("`{other}` is no provider of private packages"));
            let help = "use `github`, `gitlab`, `ado` or `azure_devops`, or a `git` package with its address";
            Err(Box::new(problem.help(help)))
        }
    }
}
