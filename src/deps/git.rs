//! Packages out of git repositories, by way of the `git` program: one bare copy of each repository is kept, with the
//! commits that were asked for and nothing else.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use super::fail::Failure;
use super::wish::GitSource;
use crate::diagnostic::nearest;
use crate::ingest::{Pause, shown_url};

const TRIES: u32 = 3;
const WAIT: Duration = Duration::from_secs(1);

/// What git says when another try may help.
const PASSING: [&str; 8] = [
    "Could not resolve host",
    "Connection timed out",
    "Connection reset",
    "Operation too slow",
    "early EOF",
    "unexpected disconnect",
    "The requested URL returned error: 5",
    "Could not connect",
];

/// One repository, and the copy of it in the cache.
pub(super) struct Repository<'a> {
    pub source: &'a GitSource,
    pub folder: PathBuf,
    /// Addresses that are relative are so to the project.
    pub project: &'a Path,
    pub pause: &'a Pause,
}

impl Repository<'_> {
    /// The commit that a revision means now; it is in the copy afterwards.
    ///
    /// Tags go before branches of the same name. Source: dbt-core 1.12, `clients/git.py`.
    pub fn find(&self, revision: Option<&str>) -> Result<String, Failure> {
        self.prepare()?;
        let revision = revision.unwrap_or("HEAD");
        if is_commit(revision) {
            self.bring(revision)?;
            return Ok(revision.to_string());
        }
        let said = self.remote(&["ls-remote", "--", &self.source.url, "HEAD", "refs/tags/*", "refs/heads/*"])?;
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let refs: Vec<(&str, &str)> = said.lines().filter_map(|line| line.split_once('\t')).collect();
        let wanted = match revision {
            "HEAD" => vec!["HEAD".to_string()],
            _ => vec![
                format!("refs/tags/{revision}^{{}}"),
                format!("refs/tags/{revision}"),
                format!("refs/heads/{revision}"),
            ],
        };
        let found = wanted.iter().find_map(|name| refs.iter().find(|(_, known)| known == name));
        let Some((commit, name)) = found else { return Err(self.no_revision(revision, &refs)) };
        if !self.has(commit) {
            self.fetch(name.trim_end_matches("^{}"))?;
        }
        // Only a help for the day without a network.
        let _ = self.local(&["update-ref", &remembered_name(revision), commit]);
        Ok((*commit).to_string())
    }

    /// The commit that a revision meant when it was last looked for.
    pub fn remembered(&self, revision: Option<&str>) -> Option<String> {
        let output = self.local(&["rev-parse", "--verify", "--quiet", &remembered_name(revision.unwrap_or("HEAD"))]);
        let commit = output.ok().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_string())?;
        self.has(&commit).then_some(commit)
    }

    /// Sees to it that the copy has a commit. No network where it has.
    pub fn bring(&self, commit: &str) -> Result<(), Failure> {
        self.prepare()?;
        if self.has(commit) {
            return Ok(());
        }
        // Servers may refuse to be asked for a commit by its name: then everything is fetched.
        if let Err(failure) = self.fetch(commit)
            && (failure.is_unreachable || self.remote(&fetch_all(&self.source.url)).is_err())
        {
            return Err(failure);
        }
        match self.has(commit) {
            true => Ok(()),
            false => {
                let why = format!("the repository has no commit `{commit}`");
                Err(Failure::new("missing-revision", why, "use a tag, a branch, or another commit"))
            }
        }
    }

    /// Writes the files of a commit below `into`.
    pub fn write(&self, commit: &str, into: &Path) -> Result<(), Failure> {
        let tree = match self.source.subdirectory.as_deref().map(|folder| folder.trim_matches('/')) {
            Some(folder) if !folder.is_empty() => format!("{commit}:{}", folder.trim_start_matches("./")),
            _ => commit.to_string(),
        };
        if self.local(&["cat-file", "-e", &tree]).is_err() {
            let folder = self.source.subdirectory.as_deref().unwrap_or_default();
            let why = format!("the repository has no folder `{folder}` at `{}`", &commit[..commit.len().min(7)]);
            return Err(Failure::new("missing-folder", why, "correct `subdirectory`"));
        }
        fs::create_dir_all(into)?;
        let index = tempfile::TempDir::new()?;
        let run = |words: &[&str]| {
            let mut command = self.command(words);
            command.current_dir(into).env("GIT_WORK_TREE", into).env("GIT_INDEX_FILE", index.path().join("index"));
            self.run(command)
        };
        run(&["read-tree", &tree])?;
        run(&["checkout-index", "--all", "--quiet"])?;
        Ok(())
    }

    fn prepare(&self) -> Result<(), Failure> {
        if self.source.url.starts_with('-') || self.source.revision.as_ref().is_some_and(|word| word.starts_with('-')) {
            return Err(Failure::new(
                "wrong-name",
                "git would take it for an option",
                "correct the address or revision",
            ));
        }
        if self.folder.join("HEAD").is_file() {
            return Ok(());
        }
        fs::create_dir_all(&self.folder)?;
        let mut command = git(&["init", "--quiet", "--bare"]);
        command.arg(&self.folder);
        self.run(command).map(drop)
    }

    fn has(&self, commit: &str) -> bool {
        is_commit(commit) && self.local(&["cat-file", "-e", &format!("{commit}^{{tree}}")]).is_ok()
    }

    fn fetch(&self, name: &str) -> Result<(), Failure> {
        // The name of the fetched ref keeps the commit from being swept away; the address is written nowhere.
        let keep = format!("+{name}:refs/fetched/{}", flat(name));
        let words = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--depth", "1", "--", &self.source.url];
        self.remote(&[&words[..], &[&keep]].concat()).map(drop)
    }

    fn no_revision(&self, revision: &str, refs: &[(&str, &str)]) -> Failure {
        let names = refs.iter().filter_map(|(_, name)| name.strip_prefix("refs/")?.split_once('/'));
        let names: Vec<&str> = names.map(|(_, name)| name.trim_end_matches("^{}")).collect();
        let help = match nearest(revision, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "use a tag, a branch, or a commit's whole name of 40 letters".to_string(),
        };
        Failure::new("missing-revision", format!("the repository has no tag or branch `{revision}`"), help)
    }

    fn local(&self, words: &[&str]) -> Result<Output, Failure> {
        self.run(self.command(words))
    }

    /// Asks the other side, again where that may help.
    fn remote(&self, words: &[&str]) -> Result<Output, Failure> {
        let mut number = 1;
        loop {
            let mut command = self.command(words);
            command.current_dir(self.project);
            match self.run(command) {
                Err(failure) if failure.is_unreachable && number < TRIES => {
                    (self.pause)(WAIT * number);
                    number += 1;
                }
                ended => return ended,
            }
        }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = git(words);
        command.env("GIT_DIR", &self.folder);
        command
    }

    fn run(&self, mut command: Command) -> Result<Output, Failure> {
        let output = match command.output() {
            Ok(output) => output,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Failure::new("no-git", "the program `git` is not there", "install git, and run it again"));
            }
            Err(error) => return Err(error.into()),
        };
        if output.status.success() {
            return Ok(output);
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let is_unreachable = PASSING.iter().any(|words| said.contains(words));
        let said = said.replace(&self.source.url, &shown_url(&self.source.url));
        let help = match is_unreachable {
            true => "check the network, then run `tamis deps` again; nothing was changed",
            false => {
                "check the address and who may read it: git must get in without a question, by ssh, a credential \
                 helper, or a token in `{{ env_var('DBT_ENV_SECRET_…') }}`"
            }
        };
        let failure = Failure::new("git-failed", format!("git cannot read {}", self.source.shown()), help);
        let notes = said.lines().filter(|line| !line.is_empty()).map(|line| format!("git: {line}")).collect();
        Err(Failure { notes, is_unreachable, ..failure })
    }
}

fn git(words: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new("git");
    // A transfer that stands still for a minute is given up.
    command.args(["-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=60"]).args(words);
    // Those of a hook that we are called from would lead git to another repository.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"] {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C").stdin(Stdio::null());
    // A question nobody sees would wait for ever.
    if std::env::var_os("GIT_TERMINAL_PROMPT").is_none() {
        command.env("GIT_TERMINAL_PROMPT", "0");
    }
    command
}

fn fetch_all(url: &str) -> Vec<&str> {
    vec!["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", url, "+refs/*:refs/fetched/*"]
}

fn remembered_name(revision: &str) -> String {
    format!("refs/asked/{}", flat(revision))
}

/// So that `a` and `a/b`, which came and went on the other side, can stand side by side here.
fn flat(name: &str) -> String {
    name.replace('/', "%")
}

/// Source: dbt-core 1.12, `_is_commit`: the whole name of a commit.
fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.chars().all(|letter| matches!(letter, '0'..='9' | 'a'..='f'))
}
