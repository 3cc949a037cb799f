//! .dbtignore: files that are not to be read, in gitignore's syntax.

use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::read;
use crate::diagnostic::Diagnostic;
use crate::source::{SourceFile, Span};

pub(super) const IGNORE_FILE: &str = ".dbtignore";

/// Patterns in their order; the last that fits decides.
#[derive(Default)]
pub(super) struct Ignore {
    set: GlobSet,
    /// For each glob of the set, whether it brings files back (`!`).
    is_negated: Vec<bool>,
}

impl Ignore {
    /// The .dbtignore of a package; patterns that make no sense are warned of.
    pub fn of(root: &Path, shown: &str, problems: &mut Vec<Diagnostic>) -> Self {
        let path = root.join(IGNORE_FILE);
        if !path.is_file() {
            return Self::default();
        }
        match read::text(shown, &path) {
            Ok(file) => Self::parse(&file, problems),
            Err(problem) => {
                problems.push(*problem);
                Self::default()
            }
        }
    }

    fn parse(file: &std::sync::Arc<SourceFile>, problems: &mut Vec<Diagnostic>) -> Self {
        let mut builder = GlobSetBuilder::new();
        let mut is_negated = Vec::new();
        let mut at = 0;
        for line in file.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let Some(pattern) = Pattern::of(line) else { continue };
            for glob in pattern.globs {
                match GlobBuilder::new(&glob).literal_separator(true).backslash_escape(true).build() {
                    Ok(glob) => {
                        builder.add(glob);
                        is_negated.push(pattern.is_negated);
                    }
                    Err(error) => {
                        let problem =
                            Diagnostic::warning("bad-pattern", format!("cannot read this pattern: {}", error.kind()));
                        problems.push(problem.at(Span::new(file, start..start + line.trim_end().len()), "left out"));
                        break;
                    }
                }
            }
        }
        match builder.build() {
            Ok(set) => Self { set, is_negated },
            Err(_) => Self::default(),
        }
    }

    /// Whether a file, its path relative to the package and with forward slashes, is not to be read.
    pub fn ignores(&self, path: &str) -> bool {
        // Matches come in the order of the patterns.
        self.set.matches(path).last().is_some_and(|index| !self.is_negated[*index])
    }
}

struct Pattern {
    globs: Vec<String>,
    is_negated: bool,
}

impl Pattern {
    fn of(line: &str) -> Option<Self> {
        let line = line.trim_end_matches(['\n', '\r']);
        let line = if line.ends_with("\\ ") { line } else { line.trim_end() };
        let (is_negated, line) = match line.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        if line.is_empty() || line.starts_with('#') || line == "/" {
            return None;
        }
        let (is_folder, body) = match line.strip_suffix('/') {
            Some(body) => (true, body),
            None => (false, line),
        };
        // A slash anywhere but at the end ties the pattern to the folder of the file.
        let body = match body.strip_prefix('/') {
            Some(tied) => tied.to_string(),
            None if body.contains('/') => body.to_string(),
            None => format!("**/{body}"),
        };
        let inside = if body.ends_with("/**") { body.clone() } else { format!("{body}/**") };
        let globs = if is_folder { vec![inside] } else { vec![body, inside] };
        Some(Self { globs, is_negated })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_in_gitignore() {
        let text =
            "# comment\n\n*.tmp.sql\n/models/old\ndrafts/\nmodels/**/secret_?.sql\n!models/old/keep.sql\n\\#odd.sql\n";
        let mut problems = Vec::new();
        let ignore = Ignore::parse(&SourceFile::in_memory(IGNORE_FILE, text), &mut problems);
        assert!(problems.is_empty());
        for (path, is_ignored) in [
            ("models/a.sql", false),
            ("models/x/a.tmp.sql", true),
            ("models/old/a.sql", true),
            ("models/old/keep.sql", false),
            ("snapshots/models/old/a.sql", false),
            ("models/drafts/a.sql", true),
            ("models/drafts", false),
            ("models/x/y/secret_1.sql", true),
            ("models/x/y/secret_12.sql", false),
            ("models/#odd.sql", true),
        ] {
            assert_eq!(ignore.ignores(path), is_ignored, "{path}");
        }
    }

    #[test]
    fn a_pattern_that_makes_no_sense_is_pointed_at() {
        let mut problems = Vec::new();
        Ignore::parse(&SourceFile::in_memory(IGNORE_FILE, "a\n[b\n"), &mut problems);
        assert_eq!(problems[0].labels[0].span.to_string(), ".dbtignore:2:1");
    }
}
