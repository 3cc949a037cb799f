//! What a properties entry says about a model, seed, snapshot, analysis, function or singular test.

use chrono::{DateTime, Local, NaiveDate, NaiveDateTime, TimeZone};
use indexmap::IndexMap;

use super::columns::{Column, ColumnTests, TestEntry, columns, constraints, split, tests};
use super::functions::{Signature, signature};
use super::properties::{Entry, Section, invalid};
use super::versions::{Version, latest_of, versions};
use crate::diagnostic::Diagnostic;
use crate::manifest::{ColumnFacts, Json, JsonMap, python};
use crate::project::yaml::Yaml;
use crate::source::Span;

/// A description of one node.
pub(crate) struct Patch {
    pub description: String,
    pub columns: IndexMap<String, ColumnFacts>,
    /// `config:`, and the older top-level spellings of its keys.
    pub config: JsonMap,
    /// The same before its Jinja was rendered.
    pub unrendered_config: JsonMap,
    pub constraints: Vec<Json>,
    pub deprecation_date: Option<String>,
    pub time_spine: Option<Json>,
    pub version: Option<VersionOf>,
    /// Of a function.
    pub signature: Option<Signature>,
    /// The package of the properties file.
    pub package: usize,
    pub patch_path: String,
    pub span: Span,
    /// The `config:` map and the entry, to point into.
    pub places: Vec<Span>,
}

/// Which version of a model a description is for.
#[derive(Clone, Debug)]
pub(crate) struct VersionOf {
    /// The model's name, without the version.
    pub model: String,
    pub version: Json,
    pub latest: Json,
}

/// A properties entry read in full: what it says of its node or nodes, and the tests it declares.
pub(crate) struct Described {
    /// One patch, or one for each version.
    pub patches: Vec<Patch>,
    pub versions: Vec<Version>,
    pub latest_version: Option<Json>,
    /// Tests by version; `None` where the model has no versions.
    pub tests: Vec<DeclaredTests>,
    pub quote_columns: Option<bool>,
}

/// The tests of a node, or of one version of it.
pub(crate) struct DeclaredTests {
    pub version: Option<Json>,
    pub columns: Vec<ColumnTests>,
    pub tests: Vec<TestEntry>,
}

/// Keys that are settings, wherever they are written.
/// Source: dbt-core 1.12, `PatchParser.normalize_attribute`.
const MOVED_TO_CONFIG: [&str; 5] = ["meta", "docs", "group", "contract", "access"];

pub(crate) fn described(entry: &Entry<'_>, patch_path: &str, problems: &mut Vec<Diagnostic>) -> Described {
    let yaml = entry.yaml;
    let nothing = Yaml { start: yaml.start, end: yaml.start, kind: crate::project::yaml::YamlKind::Null };
    let written = |key: &str| (entry.data.get(key).unwrap_or(&Json::Null), yaml.get(key).unwrap_or(&nothing));
    let (list, place) = written("columns");
    let own_columns = columns(entry, list, place, problems);
    let own_tests = match entry.section {
        Section::Models | Section::Seeds | Section::Snapshots => {
            tests(entry, &entry.data, yaml, problems).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let mut base = base_patch(entry, patch_path, problems);
    let found = if entry.section == Section::Models { versions(entry, problems) } else { Vec::new() };
    let quote_columns = entry.data.get("quote_columns").and_then(Json::as_bool);
    if found.is_empty() {
        let (by_name, columns) = split(own_columns);
        base.columns = by_name;
        let tests = DeclaredTests { version: None, columns, tests: own_tests };
        let latest_version = None;
        return Described { patches: vec![base], versions: found, latest_version, tests: vec![tests], quote_columns };
    }
    let latest = latest_of(entry, &found, problems);
    let (mut patches, mut declared) = (Vec::new(), Vec::new());
    for version in &found {
        let columns: Vec<Column> = own_columns
            .iter()
            .filter(|column| version.includes(&column.facts.name))
            .chain(&version.columns)
            .cloned()
            .collect();
        let (by_name, columns) = split(columns);
        patches.push(version_patch(entry, &base, version, &latest, by_name));
        let tests = version.tests.clone().unwrap_or_else(|| own_tests.clone());
        declared.push(DeclaredTests { version: Some(version.v.clone()), columns, tests });
    }
    Described { patches, versions: found, latest_version: Some(latest), tests: declared, quote_columns }
}

/// All but the columns.
fn base_patch(entry: &Entry<'_>, patch_path: &str, problems: &mut Vec<Diagnostic>) -> Patch {
    let yaml = entry.yaml;
    let config = config(entry, problems);
    let mut unrendered_config = config.clone();
    if let Some(Json::Object(written)) = yaml.get("config").map(Yaml::to_json) {
        deep_merge(&mut unrendered_config, written);
    }
    let subject = entry.section.key().trim_end_matches('s');
    let constraints = constraints(entry, subject, entry.data.get("constraints"), yaml, problems);
    let mut places: Vec<_> = yaml.get("config").map(|config| entry.span(config)).into_iter().collect();
    places.push(entry.span(yaml));
    Patch {
        description: entry.text("description").unwrap_or_default().to_string(),
        columns: IndexMap::new(),
        config,
        unrendered_config,
        constraints,
        deprecation_date: date(entry, &entry.data, yaml, problems),
        time_spine: entry.data.get("time_spine").and_then(Json::as_object).map(time_spine),
        version: None,
        signature: (entry.section == Section::Functions).then(|| signature(entry, problems)),
        package: entry.package,
        patch_path: patch_path.to_string(),
        span: entry.name_span(),
        places,
    }
}

fn time_spine(written: &JsonMap) -> Json {
    let mut spine = written.clone();
    spine.entry("custom_granularities").or_insert_with(|| Json::Array(Vec::new()));
    Json::Object(spine)
}

fn version_patch(
    entry: &Entry<'_>,
    base: &Patch,
    version: &Version,
    latest: &Json,
    columns: IndexMap<String, ColumnFacts>,
) -> Patch {
    let mut config = base.config.clone();
    deep_merge(&mut config, version.config.clone());
    let mut unrendered_config = base.unrendered_config.clone();
    deep_merge(&mut unrendered_config, version.unrendered_config.clone());
    let own_description = Some(&version.description).filter(|text| !text.is_empty());
    let constraints = if version.constraints.is_empty() { &base.constraints } else { &version.constraints };
    let mut places = vec![version.span.clone()];
    places.extend(base.places.iter().cloned());
    Patch {
        description: own_description.unwrap_or(&base.description).clone(),
        columns,
        config,
        unrendered_config,
        constraints: constraints.clone(),
        deprecation_date: version.deprecation_date.clone(),
        time_spine: None,
        version: Some(VersionOf { model: entry.name.clone(), version: version.v.clone(), latest: latest.clone() }),
        signature: None,
        package: base.package,
        patch_path: base.patch_path.clone(),
        span: version.span.clone(),
        places,
    }
}

/// `config:` with the settings that stand beside it moved in.
fn config(entry: &Entry<'_>, problems: &mut Vec<Diagnostic>) -> JsonMap {
    let mut config = match entry.data.get("config") {
        None | Some(Json::Null) => JsonMap::new(),
        Some(Json::Object(config)) => config.clone(),
        Some(_) => {
            let place = entry.yaml.get("config").unwrap_or(entry.yaml);
            problems.push(
                invalid(format!("`config` of `{}` is not a map", entry.name)).at(entry.span(place), "this has no keys"),
            );
            JsonMap::new()
        }
    };
    for key in MOVED_TO_CONFIG {
        let Some(value) = entry.data.get(key) else { continue };
        if config.contains_key(key) {
            let place = entry.yaml.get(key).unwrap_or(entry.yaml);
            problems.push(
                invalid(format!("`{key}` of `{}` is written twice: here and under `config`", entry.name))
                    .at(entry.span(place), "remove this one"),
            );
        } else {
            config.insert(key.to_string(), value.clone());
        }
    }
    config
}

/// Maps are merged key by key to any depth; anything else is replaced.
pub(crate) fn deep_merge(base: &mut JsonMap, over: JsonMap) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Json::Object(below)), Json::Object(value)) => deep_merge(below, value),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// `deprecation_date` as dbt writes it: with the time zone of this machine where none is given.
pub(crate) fn date(entry: &Entry<'_>, map: &JsonMap, yaml: &Yaml, problems: &mut Vec<Diagnostic>) -> Option<String> {
    let written = map.get("deprecation_date").filter(|value| !value.is_null())?;
    let text = python::text(written);
    if let Some(date) = normalized_date(&text) {
        return Some(date);
    }
    let place = yaml.get("deprecation_date").unwrap_or(yaml);
    problems.push(
        invalid(format!("`deprecation_date` of `{}` is no date: `{text}`", entry.name))
            .at(entry.span(place), "this is not a date")
            .help("write it as `2026-12-31`"),
    );
    None
}

fn normalized_date(text: &str) -> Option<String> {
    const WRITTEN: &str = "%Y-%m-%dT%H:%M:%S%:z";
    let text = text.trim().replacen(' ', "T", 1);
    if let Ok(instant) = DateTime::parse_from_rfc3339(&text) {
        return Some(instant.format(WRITTEN).to_string());
    }
    let local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(&text, format).ok())
        .or_else(|| NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok().and_then(|date| date.and_hms_opt(0, 0, 0)))?;
    Some(Local.from_local_datetime(&local).earliest()?.format(WRITTEN).to_string())
}
