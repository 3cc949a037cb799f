//! The shape of a YAML file as data: which keys a map may have, and what stands below each; and the walk that
//! compares a file with its shape.

use crate::diagnostic::{Diagnostic, nearest};
use crate::project::yaml::{Yaml, YamlFile, YamlKind};

const BUILT_IN_TESTS: [&str; 4] = ["unique", "not_null", "accepted_values", "relationships"];

/// What may stand at a place.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// Anything.
    Free,
    /// One value: no list and no map.
    Text,
    /// A map with these keys.
    Map(&'static Keys),
    List(&'static Shape),
    /// A map with these keys, or a list of such maps; anything else is somebody else's to judge.
    MapOrMaps(&'static Keys),
    /// Tests of a column or node.
    Tests,
}

/// The keys of a map.
pub(super) struct Keys {
    /// `a model`: what the map describes.
    pub what: &'static str,
    pub known: &'static [(&'static str, Shape)],
    /// Any key is legal; only a near miss of a known one is told.
    pub is_open: bool,
}

impl Keys {
    pub const fn closed(what: &'static str, known: &'static [(&'static str, Shape)]) -> Self {
        Self { what, known, is_open: false }
    }

    pub const fn open(what: &'static str, known: &'static [(&'static str, Shape)]) -> Self {
        Self { what, known, is_open: true }
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.known.iter().map(|(name, _)| *name)
    }

    pub fn shape_of(&self, key: &str) -> Option<Shape> {
        self.known.iter().find(|(name, _)| *name == key).map(|(_, shape)| *shape)
    }

    /// The key below which `key` would be known, and what to write there: `config` of `materialized`, `data_tests` of
    /// `unique`.
    fn place_of(&self, key: &str) -> Option<String> {
        self.known.iter().find_map(|(parent, shape)| match shape {
            Shape::Map(keys) => {
                keys.shape_of(key).map(|_| format!("indent it below `{parent}:`, where `{key}` is known"))
            }
            Shape::Tests => nearest(key, BUILT_IN_TESTS).map(|test| format!("write `- {test}` below `{parent}:`")),
            Shape::Free | Shape::Text | Shape::List(_) | Shape::MapOrMaps(_) => None,
        })
    }

    /// The known key a typist most likely meant, if this is so near that it can hardly be anything else.
    pub fn near_miss(&self, key: &str) -> Option<&'static str> {
        let letters = key.chars().count();
        let most = if letters >= 8 { 2 } else { 1 };
        let near = nearest(key, self.names()).filter(|_| letters >= 3)?;
        (strsim::osa_distance(&key.to_lowercase(), near) <= most).then_some(near)
    }
}

/// One file being compared.
pub(super) struct Check<'a> {
    pub file: &'a YamlFile,
    pub problems: Vec<Diagnostic>,
    /// Whether a value of another shape is told: dbt refuses it in property ymls.
    tells_shapes: bool,
}

impl<'a> Check<'a> {
    pub fn new(file: &'a YamlFile) -> Self {
        Self { file, problems: Vec::new(), tells_shapes: false }
    }

    /// Compares the keys of a whole file; those that begin with `x-` are anybody's, to hang anchors on.
    pub fn of(file: &'a YamlFile, keys: &'static Keys) -> Vec<Diagnostic> {
        Self::new(file).whole(keys)
    }

    /// Compares the keys and the shapes of a whole file.
    pub fn with_shapes(file: &'a YamlFile, keys: &'static Keys) -> Vec<Diagnostic> {
        Self { tells_shapes: true, ..Self::new(file) }.whole(keys)
    }

    fn whole(mut self, keys: &'static Keys) -> Vec<Diagnostic> {
        let file = self.file;
        for (key, value) in file.root.entries() {
            if !key.as_str().is_some_and(|key| key.starts_with("x-") || key.starts_with('.')) {
                self.entry(key, value, keys);
            }
        }
        self.problems
    }

    pub fn value(&mut self, value: &Yaml, shape: Shape) {
        match shape {
            Shape::Free | Shape::Text => {}
            Shape::Map(keys) => value.entries().iter().for_each(|(key, value)| self.entry(key, value, keys)),
            Shape::List(shape) => value.items().iter().for_each(|item| self.value(item, *shape)),
            Shape::MapOrMaps(keys) => {
                self.value(value, Shape::Map(keys));
                value.items().iter().for_each(|item| self.value(item, Shape::Map(keys)));
            }
            Shape::Tests => value.items().iter().for_each(|test| self.test(test)),
        }
    }

    pub fn entry(&mut self, key: &Yaml, value: &Yaml, keys: &'static Keys) {
        // A key that is no text is told by its spelling.
        let spelled;
        let name = match key.as_str() {
            Some(name) => name,
            None => {
                spelled = key.key_text();
                &spelled
            }
        };
        match keys.shape_of(name) {
            Some(shape) => {
                if self.tells_shapes && !keys.is_open {
                    self.problems.extend(wrong_shape(self.file, name, value, shape));
                }
                self.value(value, shape);
            }
            None => self.unknown(key, name, keys),
        }
    }

    fn unknown(&mut self, key: &Yaml, name: &str, keys: &'static Keys) {
        let near = keys.near_miss(name);
        if keys.is_open && near.is_none() {
            return;
        }
        let message = format!("unknown key `{name}` in {}", self.file.file.path);
        let problem = Diagnostic::warning("unknown-key", message);
        let problem = problem.at(self.file.span(key), format!("not a key of {}", keys.what));
        let help = match (keys.place_of(name), near.or_else(|| nearest(name, keys.names()))) {
            (Some(place), _) => place,
            (None, Some(near)) => format!("did you mean `{near}`?"),
            (None, None) if keys.shape_of("meta").is_some() => {
                format!("remove it, or keep it below `meta:`; known here: {}", listed(keys))
            }
            (None, None) => format!("remove it; known here: {}", listed(keys)),
        };
        self.problems.push(problem.help(help));
    }

    /// `unique`, `accepted_values: {…}`, or a map that names its test.
    fn test(&mut self, test: &Yaml) {
        if test.get("test_name").is_some() {
            self.value(test, Shape::Map(&super::properties::TEST));
            return;
        }
        for (name, arguments) in test.entries() {
            let is_built_in =
                matches!(name.as_str(), Some("unique" | "not_null" | "accepted_values" | "relationships"));
            let keys = if is_built_in { &super::properties::BUILT_IN_TEST } else { &super::properties::TEST };
            if matches!(arguments.kind, YamlKind::Map(_)) {
                self.value(arguments, Shape::Map(keys));
            }
        }
    }
}

/// A value that is not of the shape its key asks for. Without a value a key says nothing, and what Jinja makes of a
/// text is not known yet.
fn wrong_shape(file: &YamlFile, name: &str, value: &Yaml, shape: Shape) -> Vec<Diagnostic> {
    let problem = |place: &Yaml, message: String, label: &str| {
        Diagnostic::error("wrong-type", message).at(file.span(place), label)
    };
    let is_list = matches!(value.kind, YamlKind::List(_));
    let is_map = matches!(value.kind, YamlKind::Map(_));
    if value.is_null() || value.as_str().is_some_and(|text| text.contains("{{") || text.contains("{%")) {
        return Vec::new();
    }
    match shape {
        Shape::List(Shape::Map(keys)) if is_list => {
            let first = keys.known.first().map_or("name", |(first, _)| first);
            let is_wrong = |item: &&Yaml| !matches!(item.kind, YamlKind::Map(_));
            let wrong = value.items().iter().filter(is_wrong);
            wrong
                .map(|item| {
                    problem(item, format!("an entry of `{name}` must be a map with `{first}`"), "this one")
                        .help(format!("begin it with `- {first}:`"))
                })
                .collect()
        }
        Shape::List(Shape::Map(keys)) => {
            let first = keys.known.first().map_or("name", |(first, _)| first);
            let problem = problem(value, format!("`{name}` must be a list"), "not a list");
            vec![problem.help(format!("begin each entry with `- {first}:`"))]
        }
        Shape::Tests if !is_list => {
            let problem = problem(value, format!("`{name}` must be a list"), "not a list");
            let test = value.as_str().unwrap_or("unique");
            vec![problem.help(format!("write each test behind a dash: `- {test}`"))]
        }
        Shape::Map(_) if !is_map => {
            let problem = problem(value, format!("`{name}` must be a map"), "not a map");
            vec![problem.help("write its keys below it, indented")]
        }
        Shape::Text if is_list || is_map => {
            let label = if is_list { "this is a list" } else { "this is a map" };
            vec![
                problem(value, format!("`{name}` must be a text"), label)
                    .help(format!("write one text: `{name}: \"…\"`")),
            ]
        }
        Shape::Free | Shape::Text | Shape::Map(_) | Shape::List(_) | Shape::MapOrMaps(_) | Shape::Tests => Vec::new(),
    }
}

fn listed(keys: &Keys) -> String {
    let mut names: Vec<&str> = keys.names().collect();
    names.sort_unstable();
    let shown: Vec<String> = names.iter().take(8).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > shown.len() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
