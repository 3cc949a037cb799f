//! Why a YAML file could not be read, in the words of the person who wrote it.
//!
//! The parser says where it gave up, which is often a line too late and in the language of its own states. The
//! usual slips are looked for round that place, most telling first; only then the parser's own words are used.

use std::ops::Range;
use std::sync::Arc;

use super::lenient::{flow_end, quoted_end};
use crate::diagnostic::Diagnostic;
use crate::source::{SourceFile, Span};

/// The problem behind the parser's complaint `info` at byte `at`.
pub(super) fn explain(file: &Arc<SourceFile>, at: usize, info: &str) -> Box<Diagnostic> {
    let place = Place { file, at: Span::new(file, at..at).start as usize, info };
    let problem = place
        .conflict_marker()
        .or_else(|| place.tab())
        .or_else(|| place.open_quote())
        .or_else(|| place.text_behind_quote())
        .or_else(|| place.unquoted_jinja())
        .or_else(|| place.open_bracket())
        .or_else(|| place.missing_space())
        .or_else(|| place.colon_in_value())
        .or_else(|| place.special_first_letter())
        .or_else(|| place.missing_colon())
        .or_else(|| place.stray_bracket())
        .or_else(|| place.indentation())
        .unwrap_or_else(|| place.in_the_parsers_words());
    Box::new(problem)
}

/// A map or list where a key should be: nearly always `{{ … }}` without quotes.
pub(super) fn collection_as_key(file: &Arc<SourceFile>, outer: usize, at: usize) -> Box<Diagnostic> {
    if file.text[outer..].starts_with("{{") {
        return Box::new(jinja_without_quotes(file, outer));
    }
    let problem = Diagnostic::error("yaml-syntax", "a list or map cannot be a key")
        .at(Span::new(file, at..at + 1), "this is used as a key")
        .help("keys are plain text; put quotes round it");
    Box::new(problem)
}

fn jinja_without_quotes(file: &Arc<SourceFile>, start: usize) -> Diagnostic {
    let line_end = file.text[start..].find('\n').map_or(file.text.len(), |length| start + length);
    let line = file.text[start..line_end].trim_end();
    let value = jinja_value(line);
    let help = match (value.contains('"'), value.contains('\'')) {
        (true, true) => "put quotes round the whole value, and use only the other kind of quote inside".to_string(),
        (true, false) => format!("put quotes round the whole value: '{value}'"),
        (false, _) => format!("put quotes round the whole value: \"{value}\""),
    };
    Diagnostic::error("yaml-syntax", "a value that starts with Jinja must be in quotes")
        .at(Span::new(file, start..start + value.len()), "YAML reads `{` as the start of a map")
        .help(help)
}

/// The value that begins with Jinja: the rest of the line, or less inside `{…}` and `[…]`, where a comma or bracket
/// behind the last Jinja ends it.
fn jinja_value(line: &str) -> &str {
    let mut end = 0;
    while let Some(open) = line[end..].find("{{").into_iter().chain(line[end..].find("{%")).min() {
        let inside = end + open + 2;
        let Some(close) = line[inside..].find("}}").into_iter().chain(line[inside..].find("%}")).min() else {
            return line;
        };
        end = inside + close + 2;
    }
    if line[end..].contains(['}', ']', ',']) { &line[..end] } else { line }
}

struct Place<'a> {
    file: &'a Arc<SourceFile>,
    at: usize,
    info: &'a str,
}

impl Place<'_> {
    fn conflict_marker(&self) -> Option<Diagnostic> {
        self.lines_back(3).find_map(|line| {
            let text = &self.file.text[line.clone()];
            let is_marker = ["<<<<<<< ", ">>>>>>> ", "======="].iter().any(|marker| text.starts_with(marker));
            is_marker.then(|| {
                self.error("a merge conflict was left in this file")
                    .at(self.span(line), "written by `git merge`")
                    .help("keep one of the two versions and remove the marker lines")
            })
        })
    }

    fn tab(&self) -> Option<Diagnostic> {
        // The parser may stop at the end of the line before the tab.
        let next = self.line_end(self.at) + 1;
        let next_line = (self.info.contains("tab") && next < self.file.text.len()).then(|| self.line_of(next));
        let tab = next_line.into_iter().chain(self.lines_back(2)).find_map(|line| {
            let text = &self.file.text[line.clone()];
            let indent = text.len() - text.trim_start().len();
            text[..indent].find('\t').map(|at| line.start + at)
        })?;
        let problem = self.error("a tab is used for indentation");
        let problem = problem.at(self.span(tab..tab + 1), "YAML allows only spaces here");
        Some(problem.help("replace the tab with spaces"))
    }

    fn open_quote(&self) -> Option<Diagnostic> {
        let says_so =
            self.info.contains("quoted scalar") && !self.info.contains("trailing") || self.info.contains("unclosed");
        let bytes = self.file.text.as_bytes();
        let line = self.line_of(self.at);
        let start = match bytes.get(self.at) {
            Some(b'"' | b'\'') => self.at,
            _ => line.start + self.file.text[line.clone()].find(['"', '\''])?,
        };
        if !says_so {
            return None;
        }
        if self.info.contains("escape") {
            let backslash = start + self.file.text[start..].find('\\')?;
            return Some(
                self.error("an unknown escape in a double-quoted text")
                    .at(self.span(backslash..backslash + 2), "`\\` has a meaning between double quotes")
                    .help("use single quotes, or write `\\\\`"),
            );
        }
        let is_open = quoted_end(bytes, start) >= bytes.len();
        let label = if is_open { "opened here and never closed" } else { "closed only on a later line" };
        let quote = bytes[start] as char;
        let help = format!("end the text with `{quote}`");
        Some(self.error("a quote is not closed").at(self.span(start..self.line_end(start)), label).help(help))
    }

    fn text_behind_quote(&self) -> Option<Diagnostic> {
        if !self.info.contains("trailing content") {
            return None;
        }
        let line = self.line_of(self.at);
        let start = line.start + self.file.text[line.clone()].find(['"', '\''])?;
        let text = self.file.text[start..line.end].trim_end();
        // `'it's'` and `"a" and "b"`: the text was meant to go on.
        let help = if text.starts_with('\'') {
            "inside single quotes write `''` for a quote, or use double quotes round the text"
        } else {
            "put the whole value in quotes; inside double quotes write `\\\"` for a quote"
        };
        let problem = self.error("there is text behind the closing quote");
        Some(problem.at(self.span(self.at..line.end), "the quoted text ended before this").help(help))
    }

    fn unquoted_jinja(&self) -> Option<Diagnostic> {
        self.lines_back(2).find_map(|line| {
            let start = line.start + self.value_start(&line)?;
            let value = &self.file.text[start..line.end];
            (value.starts_with("{{") || value.starts_with("{%")).then(|| jinja_without_quotes(self.file, start))
        })
    }

    fn open_bracket(&self) -> Option<Diagnostic> {
        let bytes = self.file.text.as_bytes();
        let start = self.lines_back(12).find_map(|line| {
            let start = line.start + self.value_start(&line)?;
            let is_open = matches!(bytes[start], b'[' | b'{') && flow_end(bytes, start) >= bytes.len();
            (is_open && bytes.last().is_none_or(|last| !matches!(last, b']' | b'}'))).then_some(start)
        })?;
        let open = bytes[start] as char;
        let close = if open == '[' { ']' } else { '}' };
        let problem = self.error(&format!("`{open}` is not closed"));
        Some(problem.at(self.span(start..start + 1), "opened here").help(format!("close it with `{close}`")))
    }

    /// `name:orders` is one word for YAML, so the line has no key.
    fn missing_space(&self) -> Option<Diagnostic> {
        let (line, colon) = self.lines_back(2).find_map(|line| {
            let text = &self.file.text[line.clone()];
            let body = text.trim_start().trim_start_matches("- ");
            let start = text.len() - body.len();
            let colon = body.find(':')?;
            let is_key =
                colon > 0 && body[..colon].bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-+.".contains(&byte));
            let touches =
                body[colon + 1..].bytes().next().is_some_and(|next| !next.is_ascii_whitespace() && next != b'/');
            (is_key && touches && !body.contains(": ") && !body.ends_with(':'))
                .then(|| (line.clone(), line.start + start + colon))
        })?;
        let key = self.file.text[line.start..colon].trim().trim_start_matches("- ").to_string();
        let value = self.file.text[colon + 1..line.end].trim();
        let problem = self.error("a space is missing behind a colon");
        Some(problem.at(self.span(colon..colon + 1), "no space behind it").help(format!("write `{key}: {value}`")))
    }

    fn colon_in_value(&self) -> Option<Diagnostic> {
        if !self.info.contains("mapping values are not allowed") {
            return None;
        }
        let line = self.line_of(self.at);
        let text = &self.file.text[line.clone()];
        let value = self.value_start(&line)?;
        // Two colons in one line: the value has one inside.
        let colon = value
            + text[value..]
                .find(": ")
                .or_else(|| text[value..].trim_end().ends_with(':').then(|| text.trim_end().len() - 1 - value))?;
        let whole = text[value..].trim_end();
        let quote = if whole.contains('"') { '\'' } else { '"' };
        let problem = self.error("a value with `: ` inside must be in quotes");
        let span = self.span(line.start + colon..line.start + colon + 1);
        Some(problem.at(span, "YAML reads a second key here").help(format!("write {quote}{whole}{quote}")))
    }

    fn special_first_letter(&self) -> Option<Diagnostic> {
        let letter = self.file.text[self.at..].chars().next()?;
        let is_alias = self.info.contains("anchor");
        let is_reserved = self.info.contains("unexpected character") && matches!(letter, '@' | '`' | '%');
        if !is_alias && !is_reserved {
            return None;
        }
        let line = self.line_of(self.at);
        let value = self.file.text[self.at..line.end].trim_end();
        let span = self.span(self.at..self.at + value.len());
        if is_alias {
            let name = value.trim_start_matches(['*', '&']);
            let known = anchors(&self.file.text);
            let problem = self.error(&format!("there is no anchor `&{name}` before this place"));
            let problem = problem.at(span, "`*` refers to an anchor");
            return Some(match crate::diagnostic::nearest(name, known) {
                Some(near) => problem.help(format!("did you mean `*{near}`?")),
                None => problem
                    .help(format!("define it above with `&{name}`, or put quotes round a text that starts with `*`")),
            });
        }
        let problem = self.error(&format!("a value that starts with `{letter}` must be in quotes"));
        Some(problem.at(span, format!("`{letter}` is reserved in YAML")).help(format!("write \"{value}\"")))
    }

    fn missing_colon(&self) -> Option<Diagnostic> {
        if !self.info.contains("simple key expect") && !self.info.contains("could not find expected ':'") {
            return None;
        }
        let line = self.lines_back(3).find(|line| {
            let text = self.file.text[line.clone()].trim();
            !text.is_empty() && !text.starts_with('#') && !text.contains(':') && text != "-"
        })?;
        let text = self.file.text[line.clone()].trim();
        let start = line.start + self.file.text[line.clone()].find(text)?;
        let problem = self.error("a key is expected here, but the line has no colon");
        Some(
            problem
                .at(self.span(start..start + text.len()), "not a `key: value`")
                .help(format!("write `{text}: …`, or indent it as a part of the value above")),
        )
    }

    fn stray_bracket(&self) -> Option<Diagnostic> {
        let letter = self.file.text[self.at..].chars().next().filter(|letter| matches!(letter, ']' | '}' | ','))?;
        let line = self.line_of(self.at);
        let value = self.file.text[self.at..line.end].trim_end();
        let problem = self.error(&format!("`{letter}` closes or parts nothing here"));
        let problem = problem.at(self.span(self.at..self.at + 1), "not inside a `[…]` or `{…}`");
        Some(problem.help(format!("remove it, or write \"{value}\" if it is text")))
    }

    fn indentation(&self) -> Option<Diagnostic> {
        let is_structural = self.info.contains("did not find expected")
            || self.info.contains("mapping values are not allowed")
            || self.info.contains("block sequence entries are not allowed")
            || self.info.contains("nvalid indentation");
        if !is_structural {
            return None;
        }
        let line = self.line_of(self.at);
        let text = &self.file.text[line.clone()];
        let indent = text.len() - text.trim_start().len();
        let before = self.lines_back(40).skip(1).find(|line| {
            let text = self.file.text[line.clone()].trim();
            !text.is_empty() && !text.starts_with('#')
        })?;
        let above = &self.file.text[before.clone()];
        let above_indent = above.len() - above.trim_start().len();
        let span = self.span(line.start + indent..line.end.max(line.start + indent));
        let is_dash = text.trim_start().starts_with("- ");
        let above_is_dash = above.trim_start().starts_with("- ");
        if is_dash && indent == above_indent && !above_is_dash {
            let problem =
                self.error("a list item stands where a key is expected").at(span, "a list cannot go on beside keys");
            return Some(problem.help("indent the items below the key they belong to"));
        }
        let problem = self.error("the indentation does not fit the lines above");
        let label = format!("{indent} spaces; the line above has {above_indent}");
        Some(problem.at(span, label).help("align the line with its neighbours of the same level"))
    }

    fn in_the_parsers_words(&self) -> Diagnostic {
        let words = self.info.rsplit_once(", ").map_or(self.info, |(_, what)| what);
        self.error(words).at(self.span(self.at..self.at + 1), "the file cannot be read beyond this place")
    }

    fn error(&self, message: &str) -> Diagnostic {
        Diagnostic::error("yaml-syntax", message)
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range)
    }

    /// Offset in the line where the value begins: behind `key: ` and `- `.
    fn value_start(&self, line: &Range<usize>) -> Option<usize> {
        let text = &self.file.text[line.clone()];
        let mut start = text.len() - text.trim_start().len();
        while let Some(rest) = text[start..].strip_prefix("- ") {
            start = text.len() - rest.trim_start().len();
        }
        let is_value = text[start..].starts_with(['{', '[', '"', '\'']);
        if !is_value && let Some(colon) = text[start..].find(": ") {
            let rest = text[start + colon + 1..].trim_start();
            start = text.len() - rest.len();
        }
        (start < text.len()).then_some(start)
    }

    /// The line of the place and those above it, nearest first, at most `count`.
    fn lines_back(&self, count: usize) -> impl Iterator<Item = Range<usize>> {
        let mut next = Some(self.line_of(self.at));
        std::iter::from_fn(move || {
            let line = next.take()?;
            next = line.start.checked_sub(1).map(|end| self.line_of(end));
            Some(line)
        })
        .take(count)
    }

    fn line_of(&self, at: usize) -> Range<usize> {
        let bytes = self.file.text.as_bytes();
        let start = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        start..self.line_end(at)
    }

    fn line_end(&self, at: usize) -> usize {
        let bytes = self.file.text.as_bytes();
        let end = bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| at + length);
        if end > at && bytes[end - 1] == b'\r' { end - 1 } else { end }
    }
}

/// Names of the anchors a text defines; roughly, for suggestions only.
fn anchors(text: &str) -> impl Iterator<Item = &str> {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
    text.split('&').skip(1).map(move |rest| &rest[..rest.find(|letter| !is_name(letter)).unwrap_or(rest.len())])
}

#[cfg(test)]
mod tests {
    use super::super::YamlFile;
    use crate::source::SourceFile;

    /// `line:column "text there" message (label); help`.
    fn told(text: &str) -> String {
        let file = SourceFile::in_memory("schema.yml", text);
        match YamlFile::parse(&file) {
            Ok(yaml) => format!("read: {}", yaml.root.to_json()),
            Err(problem) => {
                let label = &problem.labels[0];
                let (line, column) = label.span.line_column();
                let help = problem.help.clone().unwrap_or_default();
                format!("{line}:{column} {:?} {} ({}); {help}", label.span.text(), problem.message, label.text)
            }
        }
    }

    #[test]
    fn usual_slips_are_named_and_pointed_at() {
        let slips = [
            "a:\n\t- b\n",
            "a: 1\n\tb: 2\n",
            "name:foo\nbar: 1\n",
            "models:\n  - name: a\n    description:text\n    columns: []\n",
            "a: 1\nfoo\nb: 2\n",
            "a: 'x\nb: 1\n",
            "a: \"x\nb: 1\nc: 2",
            "a: \"\\d\"\n",
            "a: 'it's'\n",
            "a: \"x\" y\n",
            "schema: {{ var('x') }}\n",
            "schema: {{ target.schema }}_raw\n",
            "- {{ x }}\n",
            "a: {% if x %}b{% endif %}\n",
            "description: first: second\n",
            "a: [1, 2\nb: 1\n",
            "a: {x: 1\nb: 1\n",
            "a: @x\n",
            "a: *x\n",
            "a: &base 1\nb: *bse\n",
            "a:\n    b: 1\n  c: 2\n",
            "models:\n  - name: a\n   description: b\n",
            "a: 1\n- b\n",
            "a: 1\n  b: 2\n",
            "a: 1\n<<<<<<< HEAD\nb: 1\n",
            "a: 1\n---\nb: 2\n",
            "a: !secret x\n",
            "a:\n  : b\n",
            "a: ]\n",
            "? [a]\n: b\n",
            "a: &x [*x]\n",
            "a:\n  <<: text\n",
        ];
        let told: Vec<String> = slips.iter().map(|text| told(text)).collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        2:1 "\t" a tab is used for indentation (YAML allows only spaces here); replace the tab with spaces
        2:1 "\t" a tab is used for indentation (YAML allows only spaces here); replace the tab with spaces
        1:5 ":" a space is missing behind a colon (no space behind it); write `name: foo`
        3:16 ":" a space is missing behind a colon (no space behind it); write `description: text`
        2:1 "foo" a key is expected here, but the line has no colon (not a `key: value`); write `foo: …`, or indent it as a part of the value above
        1:4 "'x" a quote is not closed (opened here and never closed); end the text with `'`
        1:4 "\"x" a quote is not closed (opened here and never closed); end the text with `"`
        1:5 "\\d" an unknown escape in a double-quoted text (`\` has a meaning between double quotes); use single quotes, or write `\\`
        1:8 "s'" there is text behind the closing quote (the quoted text ended before this); inside single quotes write `''` for a quote, or use double quotes round the text
        1:8 "y" there is text behind the closing quote (the quoted text ended before this); put the whole value in quotes; inside double quotes write `\"` for a quote
        1:9 "{{ var('x') }}" a value that starts with Jinja must be in quotes (YAML reads `{` as the start of a map); put quotes round the whole value: "{{ var('x') }}"
        1:9 "{{ target.schema }}_raw" a value that starts with Jinja must be in quotes (YAML reads `{` as the start of a map); put quotes round the whole value: "{{ target.schema }}_raw"
        1:3 "{{ x }}" a value that starts with Jinja must be in quotes (YAML reads `{` as the start of a map); put quotes round the whole value: "{{ x }}"
        1:4 "{% if x %}b{% endif %}" a value that starts with Jinja must be in quotes (YAML reads `{` as the start of a map); put quotes round the whole value: "{% if x %}b{% endif %}"
        1:19 ":" a value with `: ` inside must be in quotes (YAML reads a second key here); write "first: second"
        1:4 "[" `[` is not closed (opened here); close it with `]`
        1:4 "{" `{` is not closed (opened here); close it with `}`
        1:4 "@x" a value that starts with `@` must be in quotes (`@` is reserved in YAML); write "@x"
        1:4 "*x" there is no anchor `&x` before this place (`*` refers to an anchor); define it above with `&x`, or put quotes round a text that starts with `*`
        2:4 "*bse" there is no anchor `&bse` before this place (`*` refers to an anchor); did you mean `*base`?
        3:3 "c: 2" the indentation does not fit the lines above (2 spaces; the line above has 4); align the line with its neighbours of the same level
        3:4 "description: b" the indentation does not fit the lines above (3 spaces; the line above has 2); align the line with its neighbours of the same level
        2:1 "- b" a list item stands where a key is expected (a list cannot go on beside keys); indent the items below the key they belong to
        2:3 "b: 2" the indentation does not fit the lines above (2 spaces; the line above has 0); align the line with its neighbours of the same level
        2:1 "<<<<<<< HEAD" a merge conflict was left in this file (written by `git merge`); keep one of the two versions and remove the marker lines
        2:1 "---" a second YAML document starts here (only one is read from a file); remove the `---`, or put the second document into a file of its own
        1:4 "!secret x" the tag `!secret` is not known, or its value does not fit it (a value that starts with `!` is a tag); put quotes round the value if it is text
        2:3 ":" a value has no key (a key is missing here); write the key before the colon
        1:4 "]" `]` closes or parts nothing here (not inside a `[…]` or `{…}`); remove it, or write "]" if it is text
        1:3 "[" a list or map cannot be a key (this is used as a key); keys are plain text; put quotes round it
        1:8 "*x" an alias stands inside its own anchor (would never end); name another anchor, or write the value out
        2:7 "text" only maps can be merged with `<<` (not a map); name a map above with `&name`, and merge it with `<<: *name`
        "#);
    }
}
