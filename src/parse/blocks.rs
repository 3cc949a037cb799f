//! Finds `{% snapshot x %}` and `{% docs x %}` blocks in a text.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::source::{SourceFile, Span};

/// A block at the top level of a file.
#[derive(Debug, PartialEq)]
pub(crate) struct Block {
    pub name: String,
    pub name_range: Range<usize>,
    /// Between the tags, as written.
    pub contents: Range<usize>,
}

struct Tag {
    /// Tag included.
    range: Range<usize>,
    /// The first word: `snapshot`, `endsnapshot`, `set`, …
    word: Range<usize>,
    /// The rest of the tag.
    rest: Range<usize>,
}

/// All blocks that open with `keyword`, and what is wrong with them.
pub(crate) fn blocks(file: &Arc<SourceFile>, keyword: &str) -> (Vec<Block>, Vec<Diagnostic>) {
    let text = file.text.as_str();
    let end_word = format!("end{keyword}");
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(open) = next_tag(text, at, true) {
        at = open.range.end;
        if &text[open.word.clone()] != keyword {
            continue;
        }
        let name_range = trimmed(text, open.rest.clone());
        let mut search = open.range.end;
        let close = loop {
            match next_tag(text, search, false) {
                Some(tag) if text[tag.word.clone()] == end_word => break Some(tag),
                Some(tag) => search = tag.range.end,
                None => break None,
            }
        };
        let Some(close) = close else {
            problems.push(
                Diagnostic::error("unclosed-block", format!("`{{% {keyword} %}}` is never closed"))
                    .at(Span::new(file, open.range.clone()), "opens here")
                    .help(format!("add `{{% {end_word} %}}`")),
            );
            break;
        };
        at = close.range.end;
        if name_range.is_empty() {
            problems.push(
                Diagnostic::error("unnamed-block", format!("`{{% {keyword} %}}` has no name"))
                    .at(Span::new(file, open.range.clone()), "a name is missing")
                    .help(format!("write `{{% {keyword} a_name %}}`")),
            );
            continue;
        }
        found.push(Block {
            name: text[name_range.clone()].to_string(),
            name_range,
            contents: open.range.end..close.range.start,
        });
    }
    (found, problems)
}

/// The next `{% … %}`; comments are skipped where they count as such.
fn next_tag(text: &str, from: usize, skips_comments: bool) -> Option<Tag> {
    let mut at = from;
    loop {
        let open = at + text[at..].find('{')?;
        let after = &text[open + 1..];
        if skips_comments && after.starts_with('#') {
            at = open + 2 + text[open + 2..].find("#}").map(|end| end + 2)?;
            continue;
        }
        if !after.starts_with('%') {
            at = open + 1;
            continue;
        }
        let close = open + 2 + text[open + 2..].find("%}")?;
        let inner = trimmed(text, open + 2..close);
        let inner = trimmed(text, strip_marks(text, inner));
        let word_end = text[inner.clone()].find(char::is_whitespace).map_or(inner.end, |end| inner.start + end);
        return Some(Tag { range: open..close + 2, word: inner.start..word_end, rest: word_end..inner.end });
    }
}

/// Without the `-` or `+` of whitespace control.
fn strip_marks(text: &str, range: Range<usize>) -> Range<usize> {
    let inner = &text[range.clone()];
    let start = range.start + usize::from(inner.starts_with(['-', '+']));
    let end = range.end - usize::from(inner.len() > 1 && inner.ends_with(['-', '+']));
    start.min(end)..end
}

/// The range without white space at its ends.
pub(crate) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let inner = &text[range.clone()];
    let start = range.start + (inner.len() - inner.trim_start().len());
    let end = range.end - (inner.len() - inner.trim_end().len());
    start.min(end)..end.max(start.min(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, keyword: &str) -> String {
        let file = SourceFile::in_memory("a.sql", text);
        let (blocks, problems) = blocks(&file, keyword);
        let mut lines: Vec<_> =
            blocks.iter().map(|block| format!("{}: {:?}", block.name, &text[block.contents.clone()])).collect();
        lines.extend(problems.iter().map(|problem| format!("{} at {}", problem.message, problem.labels[0].span)));
        lines.join("\n")
    }

    #[test]
    fn blocks_are_found_with_any_whitespace_control() {
        insta::assert_snapshot!(
            found("{% snapshot a %} 1 {% endsnapshot %}\n{%- snapshot b -%}2{%- if x -%}{% endif %}{%- endsnapshot -%}", "snapshot"),
            @r#"
        a: " 1 "
        b: "2{%- if x -%}{% endif %}"
        "#
        );
    }

    #[test]
    fn a_block_in_a_comment_is_no_block() {
        insta::assert_snapshot!(found("{# {% docs a %} #}{% docs b %}{# kept{% enddocs %}", "docs"), @r#"b: "{# kept""#);
    }

    #[test]
    fn a_block_needs_a_name_and_an_end() {
        insta::assert_snapshot!(
            found("{% docs %}x{% enddocs %}{% docs y %}", "docs"),
            @r"
        `{% docs %}` has no name at a.sql:1:1
        `{% docs %}` is never closed at a.sql:1:25
        "
        );
    }
}
