//! From the parser's events to one tree: anchors, merge keys, repeated keys, limits.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::lenient::Mended;
use super::{Yaml, YamlFile, YamlKind, scalar, slip};
use crate::diagnostic::Diagnostic;
use crate::source::{SourceFile, Span};

/// Deepest nesting that is read: trees are walked by recursion later, and no property yml comes near it.
const DEPTH_MAX: usize = 128;

/// Most nodes that aliases may add to a file: a few nested anchors could otherwise ask for billions.
const ALIASED_NODES_MAX: usize = 1_000_000;

type Problem = Box<Diagnostic>;

pub(super) fn build(file: &Arc<SourceFile>) -> Result<YamlFile, Problem> {
    let mut mended = Mended::new(&file.text);
    loop {
        match read(file, &mended) {
            Ok(yaml) => return Ok(yaml),
            Err(Refusal::Told(problem)) => return Err(problem),
            Err(Refusal::Syntax { at, info }) => {
                if !mended.mend(at, &info) {
                    return Err(slip::explain(file, mended.original(at), &info));
                }
            }
        }
    }
}

enum Refusal {
    Told(Problem),
    /// What the parser said, and the offset in the text it read.
    Syntax {
        at: usize,
        info: String,
    },
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Told(problem)
    }
}

fn read(file: &Arc<SourceFile>, mended: &Mended<'_>) -> Result<YamlFile, Refusal> {
    let mut builder = Builder::new(file, mended);
    let mut parser = Parser::new_from_str(&mended.text);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, span)) => builder.take(event, span)?,
            Err(error) => {
                let at = builder.places.offset_read(error.marker());
                return Err(Refusal::Syntax { at, info: error.info().to_string() });
            }
        }
    }
    let empty = Yaml { start: 0, end: 0, kind: YamlKind::Null };
    Ok(YamlFile { file: Arc::clone(file), root: builder.root.unwrap_or(empty), warnings: builder.warnings })
}

struct Builder<'f> {
    file: &'f Arc<SourceFile>,
    places: Places<'f>,
    /// Where the text ends, blank lines at the end not counted.
    file_end: usize,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    aliased_nodes: usize,
    root: Option<Yaml>,
    warnings: Vec<Diagnostic>,
}

/// A collection that is still open.
struct Frame {
    start: u32,
    /// End of the last thing inside; a block collection ends there.
    end: u32,
    anchor: usize,
    contents: Contents,
    /// Deepest nesting found inside, itself included.
    height: usize,
    nodes: usize,
}

enum Contents {
    List(Vec<Yaml>),
    Map { entries: Vec<(Yaml, Yaml)>, key: Option<Yaml>, is_merge_next: bool, merges: Vec<Yaml> },
}

struct Anchored {
    value: Yaml,
    height: usize,
    nodes: usize,
}

impl<'f> Builder<'f> {
    fn new(file: &'f Arc<SourceFile>, mended: &'f Mended<'f>) -> Self {
        Self {
            file,
            places: Places::new(mended),
            file_end: file.text.trim_end().len(),
            stack: Vec::new(),
            anchors: HashMap::new(),
            aliased_nodes: 0,
            root: None,
            warnings: Vec::new(),
        }
    }

    fn take(&mut self, event: Event<'f>, span: saphyr_parser::Span) -> Result<(), Problem> {
        let start = self.places.offset(&span.start);
        let end = self.places.offset(&span.end);
        match event {
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref(), start, end),
            Event::SequenceStart(anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), start, end)?;
                self.open(start, anchor, Contents::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), start, end)?;
                let entries = Vec::new();
                self.open(start, anchor, Contents::Map { entries, key: None, is_merge_next: false, merges: Vec::new() })
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(start, end),
            Event::Alias(anchor) => self.alias(anchor, start, end),
            Event::DocumentStart(_) if self.root.is_some() => {
                let problem =
                    self.problem("a second YAML document starts here", start, end, "only one is read from a file");
                Err(problem.help("remove the `---`, or put the second document into a file of its own").into())
            }
            Event::DocumentStart(_) | Event::DocumentEnd | Event::StreamStart | Event::StreamEnd | Event::Nothing => {
                Ok(())
            }
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        start: usize,
        end: usize,
    ) -> Result<(), Problem> {
        let kind = match (tag, style) {
            (Some(tag), _) if tag.is_yaml_core_schema() => match scalar::resolve_tagged(&tag.suffix, text) {
                Some(kind) => kind,
                None => return Err(self.unknown_tag(&format!("!!{}", tag.suffix), start, end)),
            },
            (Some(tag), _) if !(tag.handle.is_empty() && tag.suffix == "!" || tag.suffix.is_empty()) => {
                return Err(self.unknown_tag(&tag.to_string(), start, end));
            }
            // dbt strips a file before it reads it, so a block at its end has no last line break.
            (_, ScalarStyle::Literal | ScalarStyle::Folded) if end >= self.file_end => {
                YamlKind::Text(text.trim_end().to_string())
            }
            (None, ScalarStyle::Plain) => scalar::resolve(text),
            _ => YamlKind::Text(text.to_string()),
        };
        // An empty value has the place just behind its key, not that of the next line's first letter.
        let is_empty = text.is_empty() && style == ScalarStyle::Plain;
        let end = match self.file.text.as_bytes().get(end) {
            Some(b':') if is_empty => end + 1,
            _ if is_empty => end,
            _ => self.trimmed(start, end),
        };
        let start = if is_empty { end } else { start };
        let value = Yaml { start: start as u32, end: end as u32, kind };
        let is_merge_key = style == ScalarStyle::Plain && tag.is_none() && text == "<<";
        self.anchor(anchor, &value, 0, 1);
        self.place(value, 0, 1, is_merge_key)
    }

    /// The end without the line break that a block scalar's text includes.
    fn trimmed(&self, start: usize, end: usize) -> usize {
        start + self.file.text.get(start..end).map_or(0, |text| text.trim_end().len())
    }

    fn open(&mut self, start: usize, anchor: usize, contents: Contents) -> Result<(), Problem> {
        if self.stack.len() >= DEPTH_MAX {
            return Err(self.too_deep(start, start + 1, "the level that is one too many"));
        }
        self.stack.push(Frame { start: start as u32, end: start as u32, anchor, contents, height: 1, nodes: 1 });
        Ok(())
    }

    fn close(&mut self, start: usize, end: usize) -> Result<(), Problem> {
        let Some(mut frame) = self.stack.pop() else { return Ok(()) };
        // Flow collections end at their bracket; block collections where their last value ends.
        let is_flow = matches!(self.file.text.as_bytes().get(start), Some(b']' | b'}')) && end > start;
        let end = if is_flow { end as u32 } else { frame.end.max(frame.start) };
        let kind = match frame.contents {
            Contents::List(mut items) => {
                items.shrink_to_fit();
                YamlKind::List(items)
            }
            Contents::Map { entries, merges, .. } => {
                let own = self.last_wins(entries);
                let mut entries = if merges.is_empty() {
                    own
                } else {
                    let merged = self.merged(merges)?;
                    frame.nodes += merged.len() * 2;
                    merge(merged, own)
                };
                // Trees are kept for as long as the project is, and grow by doubling.
                entries.shrink_to_fit();
                YamlKind::Map(entries)
            }
        };
        let value = Yaml { start: frame.start, end, kind };
        self.anchor(frame.anchor, &value, frame.height, frame.nodes);
        self.place(value, frame.height, frame.nodes, false)
    }

    fn alias(&mut self, anchor: usize, start: usize, end: usize) -> Result<(), Problem> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            let problem = self.problem("an alias stands inside its own anchor", start, end, "would never end");
            return Err(problem.help("name another anchor, or write the value out").into());
        };
        self.aliased_nodes += anchored.nodes;
        if self.aliased_nodes > ALIASED_NODES_MAX {
            let message = format!("aliases repeat more than {ALIASED_NODES_MAX} values");
            return Err(self.problem(&message, start, end, "this alias is one too many").into());
        }
        if self.stack.len() + anchored.height > DEPTH_MAX {
            return Err(self.too_deep(start, end, "the aliased value is too deep for this place"));
        }
        let (value, height, nodes) = (anchored.value.clone(), anchored.height, anchored.nodes);
        let end = end as u32;
        self.place(value, height, nodes, false)?;
        if let Some(frame) = self.stack.last_mut() {
            frame.end = end;
        }
        Ok(())
    }

    fn anchor(&mut self, anchor: usize, value: &Yaml, height: usize, nodes: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, Anchored { value: value.clone(), height, nodes });
        }
    }

    /// Puts a finished value where it belongs: the open collection, or the root.
    fn place(&mut self, value: Yaml, height: usize, nodes: usize, is_merge_key: bool) -> Result<(), Problem> {
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(value);
            return Ok(());
        };
        frame.height = frame.height.max(height + 1);
        frame.nodes += nodes;
        let (start, end) = (value.start, value.end);
        match &mut frame.contents {
            Contents::List(items) => items.push(value),
            Contents::Map { is_merge_next, merges, .. } if *is_merge_next => {
                *is_merge_next = false;
                merges.push(value);
            }
            Contents::Map { entries, key, is_merge_next, .. } => match key.take() {
                Some(key) => entries.push((key, value)),
                None if value.kind == YamlKind::Null && start == end => {
                    let label = "a key is missing here";
                    let problem =
                        self.problem("a value has no key", (start as usize).saturating_sub(1), start as usize, label);
                    return Err(problem.help("write the key before the colon").into());
                }
                None if is_merge_key => *is_merge_next = true,
                None if matches!(value.kind, YamlKind::List(_) | YamlKind::Map(_)) => {
                    return Err(slip::collection_as_key(self.file, frame.start as usize, start as usize));
                }
                None => *key = Some(value),
            },
        }
        frame.end = frame.end.max(end);
        Ok(())
    }

    /// Entries that `<<` brings in, later ones to win over earlier ones.
    fn merged(&self, merges: Vec<Yaml>) -> Result<Vec<(Yaml, Yaml)>, Problem> {
        let mut merged = Vec::new();
        for value in merges {
            let maps = match value.kind {
                // PyYAML merges a list back to front, so that the first one named wins.
                YamlKind::List(items) => items.into_iter().rev().collect(),
                YamlKind::Null | YamlKind::Map(_) => vec![value],
                YamlKind::Bool(_) | YamlKind::Int(_) | YamlKind::Float(_) | YamlKind::Text(_) | YamlKind::Date(_) => {
                    vec![value]
                }
            };
            for map in maps {
                let (start, end) = (map.start as usize, map.end as usize);
                let YamlKind::Map(entries) = map.kind else {
                    let message = "only maps can be merged with `<<`";
                    let problem = self.problem(message, start, end, "not a map");
                    return Err(problem.help("name a map above with `&name`, and merge it with `<<: *name`").into());
                };
                merged = merge(merged, entries);
            }
        }
        Ok(merged)
    }

    /// Repeated keys keep their first place and their last value, with a warning.
    fn last_wins(&mut self, entries: Vec<(Yaml, Yaml)>) -> Vec<(Yaml, Yaml)> {
        if !has_repeated_key(&entries) {
            return entries;
        }
        let mut places = HashMap::new();
        let mut kept: Vec<(Yaml, Yaml)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            match places.get(&identity(&key).into_owned()) {
                None => {
                    places.insert(identity(&key).into_owned(), kept.len());
                    kept.push((key, value));
                }
                Some(&place) => {
                    self.warnings.push(self.repeated_key(&kept[place].0, &key));
                    kept[place] = (key, value);
                }
            }
        }
        kept
    }

    fn repeated_key(&self, first: &Yaml, again: &Yaml) -> Diagnostic {
        let span = |node: &Yaml| Span::new(self.file, node.start as usize..node.end as usize);
        Diagnostic::warning("duplicate-key", format!("key `{}` is given twice; the last one counts", again.key_text()))
            .at(span(again), "given again here")
            .at(span(first), "this value is not used")
            .help("remove one of the two")
    }

    fn check_collection_tag(&self, tag: Option<&Tag>, start: usize, end: usize) -> Result<(), Problem> {
        match tag {
            Some(tag) if tag.is_yaml_core_schema() && matches!(tag.suffix.as_str(), "map" | "seq" | "set" | "omap") => {
                Ok(())
            }
            Some(tag) if !(tag.handle.is_empty() && tag.suffix == "!" || tag.suffix.is_empty()) => {
                Err(self.unknown_tag(&tag.to_string(), start, end))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn unknown_tag(&self, tag: &str, start: usize, end: usize) -> Problem {
        let line = self.file.text.get(start..).and_then(|text| text.lines().next()).map_or(0, str::len);
        let problem = self.problem(
            &format!("the tag `{tag}` is not known, or its value does not fit it"),
            start,
            end.min(start + line).max(start + 1),
            "a value that starts with `!` is a tag",
        );
        Box::new(problem.help("put quotes round the value if it is text"))
    }

    fn too_deep(&self, start: usize, end: usize, label: &str) -> Problem {
        let message = format!("values are nested deeper than {DEPTH_MAX} levels");
        self.problem(&message, start, end, label).help("nest less deeply").into()
    }

    fn problem(&self, message: &str, start: usize, end: usize, label: &str) -> Diagnostic {
        Diagnostic::error("yaml-syntax", message).at(Span::new(self.file, start..end), label)
    }
}

/// `over` wins; a key that both have keeps its place in `under`.
fn merge(under: Vec<(Yaml, Yaml)>, over: Vec<(Yaml, Yaml)>) -> Vec<(Yaml, Yaml)> {
    let mut merged = under;
    let places: HashMap<String, usize> =
        merged.iter().enumerate().map(|(place, (key, _))| (identity(key).into_owned(), place)).collect();
    for (key, value) in over {
        match places.get(identity(&key).as_ref()) {
            Some(&place) => merged[place] = (key, value),
            None => merged.push((key, value)),
        }
    }
    merged
}

fn has_repeated_key(entries: &[(Yaml, Yaml)]) -> bool {
    // Nearly every map is small: comparing all pairs is quicker than hashing, and allocates nothing.
    if entries.len() <= 16 {
        return entries
            .iter()
            .enumerate()
            .any(|(at, (key, _))| entries[..at].iter().any(|(other, _)| other.kind == key.kind));
    }
    let mut seen = std::collections::HashSet::with_capacity(entries.len());
    entries.iter().any(|(key, _)| !seen.insert(identity(key)))
}

/// What makes two keys the same: `1` and `"1"` are different keys.
fn identity(key: &Yaml) -> Cow<'_, str> {
    match &key.kind {
        YamlKind::Text(text) => Cow::Borrowed(text),
        YamlKind::Date(text) => Cow::Owned(format!("\0date {text}")),
        YamlKind::Null
        | YamlKind::Bool(_)
        | YamlKind::Int(_)
        | YamlKind::Float(_)
        | YamlKind::List(_)
        | YamlKind::Map(_) => Cow::Owned(format!("\0{}", key.to_json())),
    }
}

/// Turns the parser's places, which count characters of the text it read, into byte offsets in the file.
struct Places<'t> {
    mended: &'t Mended<'t>,
    is_ascii: bool,
    /// The last place asked for: the next one is nearly always close behind.
    last_character: usize,
    last_byte: usize,
}

impl<'t> Places<'t> {
    fn new(mended: &'t Mended<'t>) -> Self {
        Self { mended, is_ascii: mended.text.is_ascii(), last_character: 0, last_byte: 0 }
    }

    fn offset(&mut self, marker: &Marker) -> usize {
        let at = self.offset_read(marker);
        self.mended.original(at)
    }

    /// The offset in the text that was read.
    fn offset_read(&mut self, marker: &Marker) -> usize {
        let (text, wanted) = (self.mended.text.as_ref(), marker.index());
        if self.is_ascii {
            return wanted.min(text.len());
        }
        let byte = if wanted >= self.last_character {
            let mut rest = text[self.last_byte..].char_indices();
            rest.nth(wanted - self.last_character).map_or(text.len(), |(at, _)| self.last_byte + at)
        } else {
            let mut before = text[..self.last_byte].char_indices().rev();
            before.nth(self.last_character - wanted - 1).map_or(0, |(at, _)| at)
        };
        (self.last_character, self.last_byte) = (wanted, byte);
        byte
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<YamlFile, Problem> {
        YamlFile::parse(&SourceFile::in_memory("schema.yml", text))
    }

    fn json(text: &str) -> String {
        parsed(text).map_or_else(
            |problem| format!("{}: {}", problem.code, problem.message),
            |yaml| yaml.root.to_json().to_string(),
        )
    }

    #[test]
    fn values_know_their_place() {
        let yaml = parsed("# é\nmodels:\n  - name: 'é'\n    tags: [a, b]\n    meta:\nb: |\n  x\n\nc: 1\n").unwrap();
        let model = &yaml.root.get("models").unwrap().items()[0];
        assert_eq!(yaml.span(model).text(), "name: 'é'\n    tags: [a, b]\n    meta:");
        assert_eq!(yaml.span(model.get("name").unwrap()).to_string(), "schema.yml:3:11");
        assert_eq!(yaml.span(model.get("tags").unwrap()).text(), "[a, b]");
        assert_eq!(yaml.span(yaml.root.get("b").unwrap()).text(), "x");
        assert_eq!(yaml.span(yaml.root.get("c").unwrap()).to_string(), "schema.yml:9:4");
    }

    #[test]
    fn anchors_and_merge_keys_work_as_in_pyyaml() {
        assert_eq!(json("a: &x [1, 2]\nb: *x\n"), r#"{"a":[1,2],"b":[1,2]}"#);
        assert_eq!(
            json("a: &x {k: 1, l: 2}\nb:\n  m: 3\n  <<: *x\n  k: 9\n"),
            r#"{"a":{"k":1,"l":2},"b":{"k":9,"l":2,"m":3}}"#
        );
        assert_eq!(json("b:\n  <<: [{a: 1, b: 2}, {b: 3, c: 4}]\n"), r#"{"b":{"b":2,"c":4,"a":1}}"#);
        assert_eq!(json("'<<': 1\n"), r#"{"<<":1}"#);
    }

    #[test]
    fn the_last_of_equal_keys_counts_and_a_warning_points_at_both() {
        let yaml = parsed("a: 1\nb: 2\na: 3\n").unwrap();
        assert_eq!(yaml.root.to_json().to_string(), r#"{"a":3,"b":2}"#);
        let warning = &yaml.warnings[0];
        let places: Vec<String> = warning.labels.iter().map(|label| label.span.to_string()).collect();
        assert_eq!((warning.code, places.join(" ").as_str()), ("duplicate-key", "schema.yml:3:1 schema.yml:1:1"));
        let many: String = (0..40).map(|key| format!("k{key}: {key}\n")).collect();
        assert_eq!(parsed(&many).unwrap().warnings.len(), 0);
        assert_eq!(parsed(&format!("{many}k7: x\n")).unwrap().warnings.len(), 1);
    }

    #[test]
    fn blocks_at_the_end_of_a_file_lose_their_last_line_break_as_dbt_strips_files() {
        assert_eq!(json("a: |\n  x\nb: |\n  y\n\n"), r#"{"a":"x\n","b":"y"}"#);
    }

    #[test]
    fn what_libyaml_allows_is_read_though_the_parser_refuses_it() {
        assert_eq!(json("a: [\n]\nb:\n  c: {\n  d: 1\n  }\n"), r#"{"a":[],"b":{"c":{"d":1}}}"#);
        assert_eq!(json("a: \"x\ny\"\nb:\n  c: 'x\n\n y'\n"), r#"{"a":"x y","b":{"c":"x\ny"}}"#);
        assert_eq!(json("a:\tb\nc: 'x'#d\n"), r#"{"a":"b","c":"x"}"#);
        assert_eq!(json("a: [\n\tb,\n\tc]\n"), r#"{"a":["b","c"]}"#);
    }

    #[test]
    fn an_empty_file_is_null() {
        assert_eq!(json(""), "null");
        assert_eq!(json("# only a comment\n"), "null");
        assert_eq!(json("---\n"), "null");
    }

    #[test]
    fn depth_and_repetition_have_limits() {
        for text in ["[".repeat(100_000), "{a: ".repeat(10_000), "- ".repeat(10_000), "? ".repeat(10_000)] {
            assert!(json(&text).starts_with("yaml-syntax: "), "{}", &text[..4]);
        }
        assert_eq!(json(&"- ".repeat(1000)), "yaml-syntax: values are nested deeper than 128 levels");
        let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_string();
        for level in 1..20 {
            let alias = format!("*a{}", level - 1);
            laughs.push_str(&format!("a{level}: &a{level} [{}]\n", vec![alias; 10].join(", ")));
        }
        assert_eq!(json(&laughs), "yaml-syntax: aliases repeat more than 1000000 values");
        let deep: String = (1..200).map(|level| format!("a{level}: &a{level} [*a{}]\n", level - 1)).collect();
        assert_eq!(json(&format!("a0: &a0 [x]\n{deep}")), "yaml-syntax: values are nested deeper than 128 levels");
    }

    /// Mutations of a property yml from a fixed sequence: whatever comes out, nothing panics.
    #[test]
    fn no_bytes_make_it_panic() {
        let seed = "version: 2\nmodels:\n  - name: 'é'\n    meta: {a: [1, \"x\"], <<: *b}\n    tests:\n      - unique: &b\n          where: \"{{ x }}\"\n    description: |\n      text\n";
        let parts = [
            "\n", "\t", ": ", "- ", "'", "\"", "[", "]", "{", "}", ",", "#", "&a", "*a", "|", ">", "!", "%", "\\", "é",
            "\u{85}", "? ", "---", "...", "\r", "\0", "\u{feff}",
        ];
        let mut state = 7u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        for _ in 0..5_000 {
            let mut text: Vec<char> = seed.chars().collect();
            for _ in 0..1 + next(6) {
                let at = next(text.len() + 1);
                match next(3) {
                    0 => text.truncate(at),
                    1 => {
                        text = text
                            .iter()
                            .enumerate()
                            .filter(|(index, _)| *index != at)
                            .map(|(_, letter)| *letter)
                            .collect()
                    }
                    _ => {
                        let rest = text.split_off(at);
                        text.extend(parts[next(parts.len())].chars());
                        text.extend(rest);
                    }
                }
            }
            let _ = parsed(&text.into_iter().collect::<String>());
        }
    }
}
