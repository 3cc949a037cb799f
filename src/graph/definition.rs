//! selectors.yml: named selectors, written as texts or as maps.
//! Source: dbt-core 1.12, `dbt.graph.cli`; "YAML selectors" in its documentation.

use std::collections::BTreeMap;

use super::select::IndirectSelection;
use super::selector::{Combination, Criterion, Depth, Selector, parse_criterion, parse_method, refuse_contradiction};
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap, python};
use crate::project::yaml::{Yaml, YamlFile, YamlKind};
use crate::source::Span;

const ENTRY_KEYS: [&str; 4] = ["name", "description", "default", "definition"];
const CRITERION_KEYS: [&str; 9] = [
    "method",
    "value",
    "parents",
    "parents_depth",
    "children",
    "children_depth",
    "childrens_parents",
    "indirect_selection",
    "exclude",
];

/// The named selectors of a project.
#[derive(Clone, Debug, Default)]
pub struct Selectors {
    entries: BTreeMap<String, Entry>,
    default: Option<String>,
}

#[derive(Clone, Debug)]
struct Entry {
    selector: Selector,
    /// As manifest.json shows it.
    shown: Json,
}

impl Selectors {
    /// Reads selectors.yml; `render` answers for the Jinja in its values. What is wrong is reported, and that
    /// selector is missing.
    pub fn read(yaml: &YamlFile, render: &Render<'_>) -> (Self, Vec<Diagnostic>) {
        let mut selectors = Self::default();
        let mut reader = Reader { yaml, render, problems: Vec::new() };
        reader.check_keys(&yaml.root, &["selectors", "version"]);
        for entry in yaml.root.get("selectors").map(Yaml::items).unwrap_or_default() {
            match reader.entry(entry, &selectors) {
                Ok((name, is_default, entry)) => {
                    if is_default {
                        selectors.default = Some(name.clone());
                    }
                    selectors.entries.insert(name, entry);
                }
                Err(problem) => reader.problems.push(*problem),
            }
        }
        (selectors, reader.problems)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    pub fn get(&self, name: &str) -> Option<&Selector> {
        self.entries.get(name).map(|entry| &entry.selector)
    }

    /// The one with `default: true`.
    pub fn default_name(&self) -> Option<&str> {
        self.default.as_deref()
    }

    /// `selectors` of manifest.json: texts spelled out as maps.
    pub fn to_json(&self) -> BTreeMap<String, Json> {
        self.entries.iter().map(|(name, entry)| (name.clone(), entry.shown.clone())).collect()
    }
}

/// Renders a value with Jinja in it; the error is the message alone.
pub type Render<'a> = dyn Fn(&str) -> Result<Json, String> + 'a;

type Outcome<T> = Result<T, Box<Diagnostic>>;

struct Reader<'a> {
    yaml: &'a YamlFile,
    render: &'a Render<'a>,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn entry(&mut self, entry: &Yaml, known: &Selectors) -> Outcome<(String, bool, Entry)> {
        self.check_keys(entry, &ENTRY_KEYS);
        let Some(name) = entry.get("name").and_then(Yaml::as_str) else {
            return Err(self.invalid(entry, "a selector needs a `name`"));
        };
        if known.entries.contains_key(name) {
            return Err(self.invalid(entry, format!("two selectors are named `{name}`")));
        }
        let Some(definition) = entry.get("definition") else {
            return Err(self.invalid(entry, format!("selector `{name}` needs a `definition`")));
        };
        let is_default = entry.get("default").and_then(Yaml::as_bool).unwrap_or(false);
        if let (true, Some(other)) = (is_default, &known.default) {
            return Err(self.invalid(entry, format!("`{other}` and `{name}` both say `default: true`")));
        }
        let selector = self.root_definition(definition)?;
        let mut shown = JsonMap::new();
        for (key, value) in entry.entries() {
            let value = if key.as_str() == Some("definition") { shown_definition(value) } else { value.to_json() };
            shown.insert(key.key_text(), value);
        }
        Ok((name.to_string(), is_default, Entry { selector, shown: Json::Object(shown) }))
    }

    fn root_definition(&mut self, definition: &Yaml) -> Outcome<Selector> {
        let is_set = definition.get("union").or(definition.get("intersection")).is_some();
        if is_set && definition.entries().len() > 1 {
            let message = "`union` or `intersection` must stand alone at the top of a definition";
            return Err(self.invalid(definition, message));
        }
        self.definition(definition)
    }

    fn definition(&mut self, definition: &Yaml) -> Outcome<Selector> {
        if definition.as_str().is_some() {
            let text = python::text(&self.rendered(definition)?);
            return Ok(Selector::One(parse_criterion(&text, &self.yaml.span(definition))?));
        }
        if !matches!(definition.kind, YamlKind::Map(_)) {
            let message = "a definition is a text, a `method` and `value`, a `union` or an `intersection`";
            return Err(self.invalid(definition, message));
        }
        if let Some(members) = definition.get("union") {
            let (included, excluded) = self.members(members)?;
            Ok(without(Selector::Union(included, Combination::default()), excluded))
        } else if let Some(members) = definition.get("intersection") {
            let (included, excluded) = self.members(members)?;
            Ok(without(Selector::Intersection(included, Combination::default()), excluded))
        } else {
            self.criterion(definition)
        }
    }

    /// Members of a set operation: what is in, and the one `exclude` that may stand among them.
    fn members(&mut self, list: &Yaml) -> Outcome<(Vec<Selector>, Option<Selector>)> {
        if !matches!(list.kind, YamlKind::List(_)) {
            return Err(self.invalid(list, "`union` and `intersection` take a list"));
        }
        let mut included = Vec::new();
        let mut excluded = None;
        for member in list.items() {
            match member.get("exclude").filter(|_| member.get("method").is_none()) {
                None => included.push(self.definition(member)?),
                Some(_) if excluded.is_some() => {
                    return Err(self.invalid(member, "only one `exclude` can stand in a list"));
                }
                Some(list) => excluded = self.exclusion(list)?,
            }
        }
        Ok((included, excluded))
    }

    fn exclusion(&mut self, list: &Yaml) -> Outcome<Option<Selector>> {
        if !matches!(list.kind, YamlKind::List(_)) {
            return Err(self.invalid(list, "`exclude` takes a list"));
        }
        let members: Vec<_> = list.items().iter().map(|member| self.definition(member)).collect::<Result<_, _>>()?;
        Ok((!members.is_empty()).then(|| Selector::Union(members, Combination::default())))
    }

    /// `{tag: nightly}` or `{method: tag, value: nightly, children: true}`.
    fn criterion(&mut self, definition: &Yaml) -> Outcome<Selector> {
        let span = self.yaml.span(definition);
        let is_short = |key: &Yaml| !CRITERION_KEYS.contains(&key.key_text().as_str());
        if let [(key, value)] = definition.entries()
            && is_short(key)
        {
            let (method, arguments) = parse_method(&key.key_text(), &self.yaml.span(key))?;
            return Ok(Selector::One(plain(method, arguments, self.rendered(value)?, span)));
        }
        self.check_keys(definition, &CRITERION_KEYS);
        let (Some(method), Some(value)) = (definition.get("method"), definition.get("value")) else {
            return Err(self.invalid(definition, "a condition has one key, or a `method` and a `value`"));
        };
        let (name, arguments) = parse_method(&method.key_text(), &self.yaml.span(method))?;
        let criterion = Criterion {
            takes_childrens_parents: is_true(definition.get("childrens_parents")),
            parents: self.depth(definition, "parents", "parents_depth")?,
            children: self.depth(definition, "children", "children_depth")?,
            indirect: self.indirect(definition)?,
            ..plain(name, arguments, self.rendered(value)?, span)
        };
        refuse_contradiction(&criterion)?;
        let excluded = match definition.get("exclude") {
            Some(list) => self.exclusion(list)?,
            None => None,
        };
        Ok(without(Selector::One(criterion), excluded))
    }

    fn rendered(&self, value: &Yaml) -> Outcome<Json> {
        match value.as_str() {
            Some(text) if text.contains("{{") || text.contains("{%") => {
                (self.render)(text).map_err(|message| self.invalid(value, message))
            }
            Some(_) | None => Ok(value.to_json()),
        }
    }

    fn depth(&self, definition: &Yaml, key: &str, depth_key: &str) -> Outcome<Option<Depth>> {
        if !is_true(definition.get(key)) {
            return Ok(None);
        }
        match definition.get(depth_key).filter(|depth| !depth.is_null()) {
            None => Ok(Some(Depth::All)),
            Some(depth) => match depth.key_text().parse() {
                // dbt reads a depth of zero as no limit.
                Ok(0) => Ok(Some(Depth::All)),
                Ok(depth) => Ok(Some(Depth::Limited(depth))),
                Err(_) => Err(self.invalid(depth, format!("`{depth_key}` is a number of generations"))),
            },
        }
    }

    fn indirect(&self, definition: &Yaml) -> Outcome<Option<IndirectSelection>> {
        let Some(written) = definition.get("indirect_selection") else { return Ok(None) };
        let word = written.key_text();
        match IndirectSelection::from_name(&word) {
            Some(indirect) => Ok(Some(indirect)),
            None => {
                let names = IndirectSelection::ALL.map(IndirectSelection::name);
                let problem = self.invalid(written, format!("`{word}` is not a mode of indirect selection"));
                Err(Box::new(problem.help(format!("use one of {}", names.join(", ")))))
            }
        }
    }

    fn check_keys(&mut self, map: &Yaml, known: &[&str]) {
        for (key, _) in map.entries() {
            let name = key.key_text();
            if !known.contains(&name.as_str()) {
                let problem =
                    Diagnostic::warning("unknown-key", format!("`{name}` is not a key of selectors.yml here"))
                        .at(self.yaml.span(key), "")
                        .suggest(&name, known.iter().copied());
                self.problems.push(problem);
            }
        }
    }

    fn invalid(&self, place: &Yaml, message: impl Into<String>) -> Box<Diagnostic> {
        Box::new(Diagnostic::error("invalid-selector", message).at(self.yaml.span(place), ""))
    }
}

fn plain(method: super::Method, arguments: Vec<String>, value: Json, span: Span) -> Criterion {
    Criterion {
        method,
        arguments,
        value,
        takes_childrens_parents: false,
        parents: None,
        children: None,
        indirect: None,
        span,
    }
}

fn without(included: Selector, excluded: Option<Selector>) -> Selector {
    match excluded {
        Some(excluded) => Selector::Difference(Box::new(included), Box::new(excluded), Combination::default()),
        None => included,
    }
}

/// A filled value counts, as in Python: `children: "true"` and `children: 1` are meant.
fn is_true(value: Option<&Yaml>) -> bool {
    match value.map(|value| &value.kind) {
        None | Some(YamlKind::Null | YamlKind::Bool(false) | YamlKind::Int(0)) => false,
        Some(YamlKind::Text(text) | YamlKind::Date(text)) => !text.is_empty(),
        Some(YamlKind::Bool(true) | YamlKind::Int(_) | YamlKind::Float(_)) => true,
        Some(YamlKind::List(items)) => !items.is_empty(),
        Some(YamlKind::Map(entries)) => !entries.is_empty(),
    }
}

/// A definition as manifest.json shows it: every text as the map it means.
fn shown_definition(definition: &Yaml) -> Json {
    if let Some(text) = definition.as_str() {
        return shown_text(text);
    }
    let [(key, value)] = definition.entries() else { return definition.to_json() };
    let name = key.key_text();
    match (name.as_str(), &value.kind) {
        ("union" | "intersection" | "exclude", YamlKind::List(items)) => {
            let items: Vec<_> = items.iter().map(shown_definition).collect();
            Json::Object(JsonMap::from_iter([(name, Json::Array(items))]))
        }
        _ => Json::Object(JsonMap::from_iter([
            ("method".to_string(), Json::from(name)),
            ("value".to_string(), value.to_json()),
        ])),
    }
}

fn shown_text(text: &str) -> Json {
    let span = Span::start_of(&crate::source::SourceFile::in_memory("selectors.yml", ""));
    let Ok(criterion) = parse_criterion(text, &span) else { return Json::from(text) };
    let mut shown = JsonMap::new();
    let mut put = |key: &str, value: Json| shown.insert(key.to_string(), value);
    if criterion.takes_childrens_parents {
        put("childrens_parents", Json::Bool(true));
    }
    if let Some(depth) = criterion.parents {
        put("parents", Json::Bool(true));
        if let Depth::Limited(depth) = depth {
            put("parents_depth", Json::from(depth.to_string()));
        }
    }
    let method: Vec<_> = std::iter::once(criterion.method.name().to_string()).chain(criterion.arguments).collect();
    put("method", Json::from(method.join(".")));
    put("value", criterion.value);
    if let Some(depth) = criterion.children {
        put("children", Json::Bool(true));
        if let Depth::Limited(depth) = depth {
            put("children_depth", Json::from(depth.to_string()));
        }
    }
    Json::Object(shown)
}
