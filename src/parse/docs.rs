//! Docs blocks, and the descriptions that quote them with `doc('x')`.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::blocks::blocks;
use super::calls::literal_call;
use super::scope::{Scope, has_jinja};
use crate::diagnostic::Diagnostic;
use crate::manifest::{Doc, Json, UniqueId};
use crate::project::without_last_newline;
use crate::source::Span;

pub(crate) struct Docs {
    pub all: BTreeMap<UniqueId, Arc<Doc>>,
    /// Blocks of a name, with the index of their package.
    by_name: HashMap<String, Vec<(usize, Arc<Doc>)>>,
}

impl Docs {
    /// Reads the blocks of every package.
    pub(crate) fn read(scope: &Scope<'_>) -> (Self, Vec<Diagnostic>) {
        let mut docs = Self { all: BTreeMap::new(), by_name: HashMap::new() };
        let mut problems = Vec::new();
        let mut places: HashMap<UniqueId, Span> = HashMap::new();
        for (index, package) in scope.project.packages.iter().enumerate() {
            for file in &package.files.docs {
                let (found, complaints) = blocks(&file.file, "docs");
                problems.extend(complaints);
                for block in found {
                    let unique_id = UniqueId::new(format!("doc.{}.{}", package.name, block.name));
                    let place = Span::new(&file.file, block.name_range.clone());
                    if let Some(first) = places.get(&unique_id) {
                        problems.push(
                            Diagnostic::error("duplicate-name", format!("there are two docs blocks `{}`", block.name))
                                .at(place, "again here")
                                .at(first.clone(), "first here")
                                .help("rename one of them"),
                        );
                        continue;
                    }
                    places.insert(unique_id.clone(), place);
                    let text = &file.file.text[block.contents.clone()];
                    let contents = without_raw(scope, text, index).unwrap_or_else(|| text.to_string());
                    let doc = Arc::new(Doc {
                        unique_id: unique_id.clone(),
                        name: block.name,
                        package_name: package.name.clone(),
                        path: file.path.clone(),
                        original_file_path: file.original_file_path.clone(),
                        contents: contents.trim().to_string(),
                    });
                    docs.by_name.entry(doc.name.clone()).or_default().push((index, Arc::clone(&doc)));
                    docs.all.insert(unique_id, doc);
                }
            }
        }
        (docs, problems)
    }

    fn find(&self, scope: &Scope<'_>, from: usize, package: Option<&str>, name: &str) -> Option<&Arc<Doc>> {
        let found = self.by_name.get(name)?;
        let of = |package: usize| found.iter().find(|(index, _)| *index == package).map(|(_, doc)| doc);
        match package {
            Some(package) => of(scope.package_index(package)?),
            None => of(0).or_else(|| of(from)).or_else(|| found.first().map(|(_, doc)| doc)),
        }
    }

    /// A description with its `doc(…)` calls and other Jinja carried out; the blocks it quotes are added to `quoted`.
    pub(crate) fn described(
        &self,
        scope: &Scope<'_>,
        text: &str,
        package: usize,
        place: &dyn Fn() -> Span,
        quoted: &mut Vec<UniqueId>,
        problems: &mut Vec<Diagnostic>,
    ) -> String {
        if !has_jinja(text) {
            return text.to_string();
        }
        let mut out = String::new();
        // Jinja takes one line end off the end of a text.
        let mut rest = without_last_newline(text);
        while let Some((before, raw, after)) = raw_part(rest) {
            out.push_str(&self.described_part(scope, before, package, place, quoted, problems));
            out.push_str(raw);
            rest = after;
        }
        out.push_str(&self.described_part(scope, rest, package, place, quoted, problems));
        out
    }

    /// A part of a description without `{% raw %}`.
    fn described_part(
        &self,
        scope: &Scope<'_>,
        mut rest: &str,
        package: usize,
        place: &dyn Fn() -> Span,
        quoted: &mut Vec<UniqueId>,
        problems: &mut Vec<Diagnostic>,
    ) -> String {
        let mut out = String::new();
        while let Some(open) = rest.find("{{") {
            out.push_str(&self.plain(scope, &rest[..open], package, place, problems));
            let Some(close) = rest[open..].find("}}") else { break };
            let expression = &rest[open + 2..open + close];
            let expression = expression.trim().trim_start_matches('-').trim_end_matches('-').trim();
            match self.doc_call(scope, expression, package) {
                Some(Ok(doc)) => {
                    quoted.push(doc.unique_id.clone());
                    out.push_str(&doc.contents);
                }
                Some(Err(name)) => problems.push(
                    Diagnostic::error("unresolved-doc", format!("there is no docs block `{name}`"))
                        .at(place(), "described with it here")
                        .suggest(&name, self.by_name.keys().map(String::as_str)),
                ),
                None => out.push_str(&self.rendered(scope, &rest[open..open + close + 2], package, place, problems)),
            }
            rest = &rest[open + close + 2..];
        }
        out.push_str(&self.plain(scope, rest, package, place, problems));
        out
    }

    /// `None`: not a `doc` call; `Some(Err(name))`: a block that is not there.
    fn doc_call(&self, scope: &Scope<'_>, expression: &str, from: usize) -> Option<Result<&Arc<Doc>, String>> {
        let call = literal_call(expression).filter(|call| call.name == "doc" && call.named.is_empty())?;
        let texts: Vec<_> = call.positional.iter().filter_map(Json::as_str).collect();
        let (package, name) = match texts.as_slice() {
            [name] => (None, *name),
            [package, name] => (Some(*package), *name),
            _ => return None,
        };
        Some(self.find(scope, from, package, name).ok_or_else(|| name.to_string()))
    }

    /// Text between expressions; tags and comments in it are Jinja's.
    fn plain(
        &self,
        scope: &Scope<'_>,
        text: &str,
        package: usize,
        place: &dyn Fn() -> Span,
        problems: &mut Vec<Diagnostic>,
    ) -> String {
        if text.contains("{%") || text.contains("{#") {
            return self.rendered(scope, text, package, place, problems);
        }
        text.to_string()
    }

    fn rendered(
        &self,
        scope: &Scope<'_>,
        text: &str,
        package: usize,
        place: &dyn Fn() -> Span,
        problems: &mut Vec<Diagnostic>,
    ) -> String {
        match scope.render(text, package) {
            Ok(value) => crate::manifest::python::text(&value),
            Err(message) => {
                // What is not defined is nothing to dbt, in a description too.
                problems.push(
                    Diagnostic::warning("jinja-in-yaml", format!("this description cannot be rendered: {message}"))
                        .at(place(), "described here"),
                );
                String::new()
            }
        }
    }
}

/// The first `{% raw %}…{% endraw %}` of a text: what stands before it, in it and behind it.
fn raw_part(text: &str) -> Option<(&str, &str, &str)> {
    let (start, inside) = tag(text, 0, "raw")?;
    let (end, behind) = tag(text, inside, "endraw")?;
    Some((&text[..start], &text[inside..end], &text[behind..]))
}

/// Where a tag of this word begins and ends.
fn tag(text: &str, from: usize, word: &str) -> Option<(usize, usize)> {
    text[from..].match_indices("{%").find_map(|(at, _)| {
        let start = from + at;
        let end = start + text[start..].find("%}")? + 2;
        let written = text[start + 2..end - 2].trim_matches('-').trim();
        (written == word).then_some((start, end))
    })
}

/// A block's text with its own Jinja carried out, which is hardly ever more than `{% raw %}`.
fn without_raw(scope: &Scope<'_>, text: &str, package: usize) -> Option<String> {
    if !has_jinja(text) {
        return None;
    }
    scope.render(text, package).ok().map(|value| crate::manifest::python::text(&value))
}

#[cfg(test)]
mod tests {
    use super::raw_part;

    #[test]
    fn raw_parts_are_cut_out() {
        assert_eq!(raw_part("a {% raw %}{{ x }}{%- endraw -%} b"), Some(("a ", "{{ x }}", " b")));
        assert_eq!(raw_part("a {% raw %}{{ x }}"), None);
        assert_eq!(raw_part("a {% if x %}"), None);
    }
}
