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
    /// A map with these keys; anything that is no map is somebody else's to judge.
    Map(&'static Keys),
    List(&'static Shape),
    /// A map with these keys, or a list of such maps.
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
            Shape::Free | Shape::List(_) | Shape::MapOrMaps(_) => None,
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
}

impl<'a> Check<'a> {
    pub fn new(file: &'a YamlFile) -> Self {
        Self { file, problems: Vec::new() }
    }

    /// Compares a whole file; keys that begin with `x-` are anybody's, to hang anchors on.
    pub fn of(file: &'a YamlFile, keys: &'static Keys) -> Vec<Diagnostic> {
        let mut check = Self::new(file);
        for (key, value) in file.root.entries() {
            if !key.as_str().is_some_and(|key| key.starts_with("x-") || key.starts_with('.')) {
                check.entry(key, value, keys);
            }
        }
        check.problems
    }

    pub fn value(&mut self, value: &Yaml, shape: Shape) {
        match shape {
            Shape::Free => {}
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
            Some(shape) => self.value(value, shape),
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

fn listed(keys: &Keys) -> String {
    let mut names: Vec<&str> = keys.names().collect();
    names.sort_unstable();
    let shown: Vec<String> = names.iter().take(8).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > shown.len() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
