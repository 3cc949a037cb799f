//! A package of which it is settled what it is: this version, this commit.

use std::path::PathBuf;

use super::wish::GitSource;
use crate::ingest::shown_url;
use crate::source::Span;

#[derive(Clone, Debug)]
pub(super) enum Pinned {
    /// `latest`: the highest version that could be installed, where the hub was asked.
    Hub {
        package: String,
        version: String,
        latest: Option<String>,
    },
    Git {
        source: GitSource,
        commit: String,
    },
    Local {
        path: String,
        folder: PathBuf,
    },
    Tarball {
        url: String,
        written: String,
    },
}

/// A package that will be installed, under its name.
#[derive(Clone, Debug)]
pub(super) struct Locked {
    pub pinned: Pinned,
    /// Of its project, and of its folder below dbt_packages/.
    pub name: String,
    /// The entry that asks for it: in the project's own file, or in the lock.
    pub asked_at: Span,
    pub words: String,
}

impl Pinned {
    /// What makes it different from any other.
    pub fn identity(&self) -> String {
        match self {
            Self::Hub { package, version, .. } => format!("hub {package} {version}"),
            Self::Git { source, commit } => {
                format!("git {} {commit} {}", source.url, source.subdirectory.as_deref().unwrap_or_default())
            }
            Self::Local { path, folder } => format!("local {path} {}", folder.display()),
            Self::Tarball { url, .. } => format!("tarball {url}"),
        }
    }

    /// As people may see it.
    pub fn shown(&self) -> String {
        match self {
            Self::Hub { package, .. } => package.clone(),
            Self::Git { source, .. } => source.shown(),
            Self::Local { path, .. } => path.clone(),
            Self::Tarball { url, .. } => shown_url(url),
        }
    }

    /// What was installed, in a few words.
    pub fn version_words(&self) -> String {
        match self {
            Self::Hub { version, .. } => version.clone(),
            Self::Git { commit, .. } => format!("at commit {}", &commit[..commit.len().min(7)]),
            Self::Local { .. } => "as a link".to_string(),
            Self::Tarball { .. } => "from its archive".to_string(),
        }
    }
}
