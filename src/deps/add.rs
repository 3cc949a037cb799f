//! `--add-package`: one entry more in packages.yml, and every other line as it was.

use super::lock::scalar;
use crate::manifest::Json;
use crate::project::yaml::{Yaml, YamlFile, YamlKind};

/// What is to be added.
#[derive(Clone, Debug)]
pub struct Addition {
    pub name: String,
    /// A version, a revision, or conditions with commas.
    pub version: Option<String>,
    /// `package`, `git`, `local` or `tarball`.
    pub key: &'static str,
}

impl Addition {
    /// `dbt-labs/dbt_utils@1.1.1`. An address may hold an `@` of its own: only what follows its last `/` or `:` counts.
    pub fn parse(text: &str, key: &'static str) -> Self {
        let version = text.rsplit_once('@').filter(|(name, version)| {
            !name.is_empty() && !version.is_empty() && (key == "package" || !version.contains(['/', ':']))
        });
        match version {
            Some((name, version)) => Self { name: name.to_string(), version: Some(version.to_string()), key },
            None => Self { name: text.to_string(), version: None, key },
        }
    }

    /// The entry as it is written. Source: dbt-core 1.12, `_create_packages_yml_entry`.
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{}: {}", self.key, scalar(&self.name))];
        if self.key == "tarball" {
            lines.push(format!("name: {}", scalar(self.version.as_deref().unwrap_or_default())));
            return lines;
        }
        let key = if self.key == "git" { "revision" } else { "version" };
        match self.version.as_deref() {
            Some(version) if version.contains(',') => {
                let conditions: Vec<String> = version.split(',').map(|one| format!("\"{}\"", one.trim())).collect();
                lines.push(format!("{key}: [{}]", conditions.join(", ")));
            }
            Some(version) => lines.push(format!("{key}: {}", scalar(version))),
            None => {}
        }
        lines
    }

    /// Whether an entry is for the same package, from wherever: `dbt_utils` of the hub and `…/dbt-utils.git` are.
    /// Source: dbt-core 1.12, `check_for_duplicate_packages`.
    fn replaces(&self, entry: &Yaml) -> bool {
        let keys = ["package", "git", "local", "tarball", "private"];
        let Some(place) = keys.iter().find_map(|key| entry.get(key)?.as_str()) else { return false };
        let short = self.name.rsplit('/').next().unwrap_or(&self.name);
        let spellings = [self.name.as_str(), short].into_iter();
        let mut spellings =
            spellings.flat_map(|name| [name.to_string(), name.replace('_', "-"), name.replace('-', "_")]);
        spellings.any(|name| {
            !name.is_empty()
                && place.match_indices(name.as_str()).next().is_some_and(|(at, _)| {
                    let is_edge = |letter: Option<char>| letter.is_none_or(|letter| matches!(letter, '/' | '.'));
                    is_edge(place[..at].chars().next_back()) && is_edge(place[at + name.len()..].chars().next())
                })
        })
    }

    /// The text of the file with the entry in it; what it replaced.
    pub(super) fn edited(&self, file: &YamlFile) -> (String, Vec<String>) {
        let text = &file.file.text;
        let list = file.root.get("packages");
        let items = list.map(Yaml::items).unwrap_or_default();
        let replaced: Vec<&Yaml> = items.iter().filter(|item| self.replaces(item)).collect();
        let names = replaced.iter().map(|item| shown(item)).collect();
        let edited = match list {
            Some(list) if !items.is_empty() && is_block(text, list, items) => self.in_block(text, items, &replaced),
            Some(list) if !matches!(list.kind, YamlKind::Map(_)) => {
                let kept: Vec<String> = items
                    .iter()
                    .filter(|item| !replaced.contains(item))
                    .map(|item| format!("  - {}\n", item.to_json()))
                    .collect();
                let (before, after) = (&text[..list.start as usize], &text[list.end as usize..]);
                let after = if list.is_null() { after.trim_start_matches("null") } else { after };
                let after = after.strip_prefix('\n').unwrap_or(after);
                format!("{}\n{}{}{after}", before.trim_end(), kept.concat(), self.block("  "))
            }
            _ => {
                let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
                format!("{text}{gap}packages:\n{}", self.block("  "))
            }
        };
        (edited, names)
    }

    fn block(&self, indent: &str) -> String {
        let lines = self.lines();
        let lines = lines.iter().enumerate();
        lines.map(|(at, line)| format!("{indent}{}{line}\n", if at == 0 { "- " } else { "  " })).collect()
    }

    /// Line by line: what is replaced goes with its lines, the new entry follows the last one.
    fn in_block(&self, text: &str, items: &[Yaml], replaced: &[&Yaml]) -> String {
        let dash_line = |item: &Yaml| text[..item.start as usize].rfind('-').map_or(0, |dash| line_start(text, dash));
        let end_of = |item: &Yaml| {
            let end = text[..item.end as usize].trim_end().len();
            text[end..].find('\n').map_or(text.len(), |newline| end + newline + 1)
        };
        let first = items.first().map_or(0, dash_line);
        let indent: String = text[first..].chars().take_while(|letter| *letter == ' ').collect();
        let mut edited = text[..first].to_string();
        let mut at = first;
        for item in items {
            if replaced.contains(&item) {
                edited.push_str(&text[at..dash_line(item)]);
                at = end_of(item);
            }
        }
        let end = items.last().map_or(text.len(), end_of).max(at);
        edited.push_str(&text[at..end]);
        if !edited.ends_with('\n') {
            edited.push('\n');
        }
        edited + &self.block(&indent) + &text[end..]
    }
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Whether the list stands with one dash a line.
fn is_block(text: &str, list: &Yaml, items: &[Yaml]) -> bool {
    let is_dashed = |item: &Yaml| {
        let before = &text[line_start(text, item.start as usize)..item.start as usize];
        before.trim() == "-"
    };
    !text[list.start as usize..].starts_with('[') && items.iter().all(is_dashed)
}

fn shown(entry: &Yaml) -> String {
    match entry.to_json() {
        Json::Object(map) => map.values().next().and_then(Json::as_str).unwrap_or_default().to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::source::SourceFile;

    fn edited(text: &str, addition: &str, key: &'static str) -> String {
        let file = YamlFile::parse(&SourceFile::in_memory("packages.yml", text)).unwrap();
        Addition::parse(addition, key).edited(&file).0
    }

    #[test]
    fn an_entry_follows_the_last_one_and_comments_stay() {
        let text =
            "# ours\npackages:\n  - package: a/b # why\n    version: 1.0.0\n\n  # another\n  - local: tools\n\n# end\n";
        assert_snapshot!(edited(text, "dbt-labs/dbt_utils@1.1.1", "package"), @r"
        # ours
        packages:
          - package: a/b # why
            version: 1.0.0

          # another
          - local: tools
          - package: dbt-labs/dbt_utils
            version: 1.1.1

        # end
        ");
    }

    #[test]
    fn an_entry_for_the_same_package_is_replaced_wherever_it_comes_from() {
        let text = "packages:\n- git: https://github.com/dbt-labs/dbt-utils.git\n  revision: main\n- package: x/dbt_utils_more\n  version: 1.0.0\n";
        assert_snapshot!(edited(text, "dbt-labs/dbt_utils@>=1.0.0,<2.0.0", "package"), @r#"
        packages:
        - package: x/dbt_utils_more
          version: 1.0.0
        - package: dbt-labs/dbt_utils
          version: [">=1.0.0", "<2.0.0"]
        "#);
    }

    #[test]
    fn lists_that_are_empty_or_in_one_line_become_blocks() {
        assert_snapshot!(edited("packages: []\n", "../tools", "local"), @r"
        packages:
          - local: ../tools
        ");
        assert_snapshot!(edited("", "git@host:a/b.git@v1", "git"), @r"
        packages:
          - git: git@host:a/b.git
            revision: v1
        ");
        assert_snapshot!(edited("packages: [{local: x}]\nprojects: []\n", "a/b@1.0.0", "package"), @r#"
        packages:
          - {"local":"x"}
          - package: a/b
            version: 1.0.0
        projects: []
        "#);
        assert_snapshot!(edited("packages:\n", "a/b@1.0.0", "package"), @r"
        packages:
          - package: a/b
            version: 1.0.0
        ");
    }
}
