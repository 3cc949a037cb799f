//! Reads pipelines from the `ingest:` lists of property ymls, and checks them whole.
//!
//! Every problem of every pipeline is gathered; a pipeline with an error is left out of the answer.

mod columns;
mod conditions;
mod destination;
mod fields;

use std::collections::BTreeMap;

use self::columns::{read_checks, read_columns, read_filters, read_output};
use self::destination::{read_bad_rows, read_contract, read_destination};
use self::fields::Fields;
use super::pipeline::{Format, From, HeaderMatch, InputColumn, Pipeline, Place, Socrata};
use crate::diagnostic::Diagnostic;
use crate::manifest::{JsonMap, Manifest};
use crate::project::yaml::{Yaml, YamlFile, YamlKind};
use crate::project::{Project, YamlRenderer};
use crate::source::Span;

/// Rows asked for at a time: what the portals' older endpoints give at most.
const PAGE_ROWS: u64 = 50_000;
const APP_TOKEN_ENV: &str = "SODA_APP_TOKEN";

const PIPELINE_KEYS: [&str; 11] =
    ["name", "description", "from", "columns", "checks", "filters", "derive", "select", "contract", "bad_rows", "into"];
const FROM_KEYS: [&str; 10] =
    ["path", "url", "socrata", "pipeline", "format", "delimiter", "header", "page_rows", "app_token_env", "where"];
const PLACES: [&str; 4] = ["path", "url", "socrata", "pipeline"];

/// Reads and checks every pipeline of the project itself, upstream ones first.
pub fn declare(
    project: &Project,
    manifest: &Manifest,
    renderer: &dyn YamlRenderer,
) -> (Vec<Pipeline>, Vec<Diagnostic>) {
    let vars = vars(project);
    let mut problems = Vec::new();
    let mut drafts = Vec::new();
    for property in project.packages.first().into_iter().flat_map(|package| &package.files.properties) {
        let fields = Fields::new(&property.yaml, project, &vars, renderer);
        drafts.extend(read_drafts(&property.yaml, &fields));
        problems.extend(fields.into_problems());
    }
    refuse_doubled_names(&mut drafts, &mut problems);
    let mut declared: Vec<Pipeline> = Vec::new();
    // Names that have an error of their own: what reads from them is not blamed again.
    let mut broken: Vec<String> = Vec::new();
    while let Some(at) = next_draft(&drafts, &declared, &broken) {
        let draft = drafts.remove(at);
        let fields = Fields::new(draft.file, project, &vars, renderer);
        let is_orphan = draft.upstream.as_ref().is_some_and(|upstream| broken.contains(upstream));
        let pipeline = if is_orphan { None } else { read_pipeline(&draft, &declared, manifest, project, &fields) };
        let found = fields.into_problems();
        match pipeline.filter(|_| !found.iter().any(Diagnostic::is_error)) {
            Some(pipeline) => declared.push(pipeline),
            None => broken.push(draft.name),
        }
        problems.extend(found);
    }
    problems.extend(drafts.iter().filter_map(|draft| unresolved(draft, &drafts, &declared)));
    problems.extend(equal_destinations(&declared));
    (declared, problems)
}

/// Pipelines that would land in one place: the one that runs last would undo the others.
fn equal_destinations(pipelines: &[Pipeline]) -> Vec<Diagnostic> {
    let mut first: BTreeMap<String, (&Pipeline, &Span)> = BTreeMap::new();
    let mut problems = Vec::new();
    for pipeline in pipelines {
        let into = &pipeline.into;
        let table = into.table.as_ref().map(|table| (table.relation.to_string(), &into.table_span));
        let lake = into.lake.as_ref().map(|lake| (lake_folder(lake), &into.lake_span));
        for (place, span) in table.into_iter().chain(lake) {
            let Some((other, earlier)) = first.get(&place) else {
                first.insert(place, (pipeline, span));
                continue;
            };
            let message = format!("`{}` and `{}` would both fill `{place}`", other.name, pipeline.name);
            let problem = Diagnostic::error("same-destination", message).at(span.clone(), "again here");
            let problem = problem.at((*earlier).clone(), "first here");
            problems.push(problem.help("let each pipeline fill a place of its own"));
        }
    }
    problems
}

/// `lake/a/` and `./lake/a` are `lake/a`.
fn lake_folder(address: &str) -> String {
    let parts = address.split('/').enumerate().filter(|(at, part)| *at == 0 || !part.is_empty());
    let parts = parts.map(|(_, part)| part).filter(|part| *part != ".");
    parts.collect::<Vec<_>>().join("/")
}

/// A pipeline whose name and input are known.
struct Draft<'a> {
    file: &'a YamlFile,
    node: &'a Yaml,
    name: String,
    name_node: &'a Yaml,
    upstream: Option<String>,
}

/// Vars as the root project sees them: its own block wins over bare ones, `--vars` over both.
fn vars(project: &Project) -> JsonMap {
    let mut vars = JsonMap::new();
    let declared = project.packages.first().and_then(|package| package.config.get("vars")?.as_object());
    for (name, value) in declared.into_iter().flatten().filter(|(_, value)| !value.is_object()) {
        vars.insert(name.clone(), value.clone());
    }
    let own = declared.and_then(|vars| vars.get(project.name())?.as_object());
    for (name, value) in own.into_iter().flatten().chain(&project.cli_vars) {
        vars.insert(name.clone(), value.clone());
    }
    vars
}

fn read_drafts<'a>(file: &'a YamlFile, fields: &Fields<'_>) -> Vec<Draft<'a>> {
    let Some(list) = file.root.get("ingest") else { return Vec::new() };
    if !matches!(list.kind, YamlKind::List(_) | YamlKind::Null) {
        fields.wrong(list, "`ingest` is a list of pipelines", "not a list");
    }
    let mut drafts = Vec::new();
    for node in list.items() {
        if !fields.check_keys("a pipeline", node, &PIPELINE_KEYS) {
            continue;
        }
        let Some(name) = fields.required_text("a pipeline", node, "name") else { continue };
        if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            let message = format!("`{name}` is no name for a pipeline: letters, digits and `_` only");
            fields.wrong(node.get("name").unwrap_or(node), message, "it names a folder and a table too");
            continue;
        }
        let upstream = node.get("from").filter(|from| from.get("pipeline").is_some());
        let upstream = upstream.and_then(|from| fields.text(from, "pipeline"));
        drafts.push(Draft { file, node, name, name_node: node.get("name").unwrap_or(node), upstream });
    }
    drafts
}

fn refuse_doubled_names(drafts: &mut Vec<Draft<'_>>, problems: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<String, Span> = BTreeMap::new();
    drafts.retain(|draft| {
        let span = draft.file.span(draft.name_node);
        let Some(earlier) = first.get(&draft.name) else {
            first.insert(draft.name.clone(), span);
            return true;
        };
        let message = format!("two pipelines are named `{}`", draft.name);
        problems.push(
            Diagnostic::error("duplicate-name", message).at(span, "again here").at(earlier.clone(), "first here"),
        );
        false
    });
}

/// The next one whose input is settled.
fn next_draft(drafts: &[Draft<'_>], declared: &[Pipeline], broken: &[String]) -> Option<usize> {
    drafts.iter().position(|draft| match &draft.upstream {
        None => true,
        Some(upstream) => declared.iter().any(|other| other.name == *upstream) || broken.contains(upstream),
    })
}

/// What is left over reads from nothing, or from itself in a circle. A circle is told once, by its first name; what
/// only reads from one is not blamed.
fn unresolved(draft: &Draft<'_>, rest: &[Draft<'_>], declared: &[Pipeline]) -> Option<Diagnostic> {
    let upstream = draft.upstream.as_deref().unwrap_or_default();
    let place = draft.node.get("from").and_then(|from| from.get("pipeline")).unwrap_or(draft.node);
    let span = draft.file.span(place);
    if rest.iter().any(|other| other.name == upstream) {
        let mut circle = vec![draft.name.as_str()];
        let mut next = upstream;
        while !circle.contains(&next) {
            circle.push(next);
            let following = rest.iter().find(|other| other.name == next);
            next = following.and_then(|other| other.upstream.as_deref()).unwrap_or(next);
        }
        if next != draft.name || circle.iter().any(|name| *name < draft.name.as_str()) {
            return None;
        }
        circle.push(next);
        let message = format!("pipelines read from each other in a circle: {}", circle.join(" → "));
        return Some(Diagnostic::error("pipeline-cycle", message).at(span, "reads from it here"));
    }
    let known = declared.iter().map(|other| other.name.as_str()).chain(rest.iter().map(|other| other.name.as_str()));
    let problem = Diagnostic::error("unknown-pipeline", format!("there is no pipeline `{upstream}`"))
        .at(span, "no pipeline has this name");
    Some(problem.suggest(upstream, known))
}

fn read_pipeline(
    draft: &Draft<'_>,
    declared: &[Pipeline],
    manifest: &Manifest,
    project: &Project,
    fields: &Fields<'_>,
) -> Option<Pipeline> {
    let Draft { node, name, .. } = draft;
    let span = fields.span(draft.name_node);
    let upstream = draft.upstream.as_ref().and_then(|name| declared.iter().find(|other| other.name == *name));
    let from = read_from(node, fields);
    let (columns, mut checks) = match upstream {
        Some(upstream) => {
            if let Some(columns) = node.get("columns") {
                let message = format!("`{name}` reads from `{}`, whose columns are known", upstream.name);
                fields.wrong(columns, message, "leave this out; rules on them go under `checks`");
            }
            (upstream_columns(upstream), Vec::new())
        }
        None => read_columns(node, fields)?,
    };
    checks.extend(read_checks(node, &columns, fields));
    let filters = read_filters(node, &columns, fields);
    let output = read_output(node, &columns, fields);
    let into = read_destination(node, &output, manifest, project, fields);
    let contract = read_contract(node, fields);
    let bad_rows = read_bad_rows(node, draft.name_node, project, fields);
    let description = fields.text(node, "description").unwrap_or_default();
    let (name, from, into) = (name.clone(), from?, into?);
    Some(Pipeline { name, description, span, from, columns, checks, filters, output, into, contract, bad_rows })
}

fn upstream_columns(upstream: &Pipeline) -> Vec<InputColumn> {
    let columns = upstream.output.iter().map(|column| InputColumn {
        name: column.name.clone(),
        from: vec![column.name.clone()],
        kind: column.kind,
        formats: Vec::new(),
        is_required: false,
        is_trimmed: false,
        span: upstream.span.clone(),
    });
    columns.collect()
}

fn read_from(node: &Yaml, fields: &Fields<'_>) -> Option<From> {
    let from = fields.required(node, "a pipeline", "from")?;
    if !fields.check_keys("`from`", from, &FROM_KEYS) {
        return None;
    }
    // A place that renders to nothing is not meant: that is how targets choose between two.
    let named = PLACES.into_iter().filter(|place| {
        let Some(node) = from.get(place) else { return false };
        // What cannot be rendered has its own complaint; here it counts as said.
        fields.rendered(node).is_none_or(|value| !value.is_null() && value.as_str() != Some(""))
    });
    let named: Vec<&str> = named.collect();
    let [place_key] = named.as_slice() else {
        let message = if named.is_empty() { "`from` does not say where" } else { "`from` says more than one place" };
        fields.wrong(from, message, "one of `path`, `url`, `socrata`, `pipeline`");
        return None;
    };
    let place_node = from.get(place_key)?;
    let text = fields.text(from, place_key)?;
    let place = match *place_key {
        // One var may hold either, a file on a laptop and an address in production.
        "path" if is_web_address(&text) => Place::Url(text),
        "path" => Place::Path(text),
        "url" => Place::Url(web_address(text, place_node, fields)?),
        "socrata" => Place::Socrata(Socrata {
            url: web_address(text, place_node, fields)?,
            page_rows: fields.whole(from, "page_rows", 1).unwrap_or(PAGE_ROWS),
            app_token_env: fields.text(from, "app_token_env").unwrap_or_else(|| APP_TOKEN_ENV.to_string()),
            filter: fields.text(from, "where"),
        }),
        _ => Place::Pipeline(text),
    };
    if !matches!(place, Place::Socrata(_)) {
        for key in ["page_rows", "app_token_env", "where"] {
            if let Some(node) = from.get(key) {
                fields.wrong(node, format!("`{key}` belongs to a `socrata` input"), "not used here");
            }
        }
    }
    let format = read_format(from, &place, fields)?;
    Some(From { place, format, span: fields.span(place_node) })
}

fn is_web_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

fn web_address(text: String, node: &Yaml, fields: &Fields<'_>) -> Option<String> {
    if is_web_address(&text) {
        return Some(text);
    }
    fields.wrong(node, format!("`{text}` is no web address"), "write it with its scheme: `https://…`");
    None
}

fn read_format(from: &Yaml, place: &Place, fields: &Fields<'_>) -> Option<Format> {
    let is_parquet = match place {
        Place::Pipeline(_) => true,
        Place::Path(path) | Place::Url(path) => path.ends_with(".parquet") || path.ends_with(".parquet.gz"),
        Place::Socrata(_) => false,
    };
    let written = fields.choice(from, "format", &["csv", "parquet"]);
    let name = written.unwrap_or(if is_parquet { "parquet" } else { "csv" });
    if let (Place::Pipeline(_), "csv") | (Place::Socrata(_), "parquet") = (place, name) {
        fields.wrong(from.get("format").unwrap_or(from), format!("this input is never {name}"), "leave it out");
    }
    let header = match fields.choice(from, "header", &["loose", "exact"]) {
        Some("exact") => HeaderMatch::Exact,
        Some(_) | None => HeaderMatch::Loose,
    };
    let delimiter = match fields.text(from, "delimiter").as_deref() {
        None => b',',
        Some("tab" | "\\t") => b'\t',
        Some(text) => match text.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => *byte,
            _ => {
                let node = from.get("delimiter").unwrap_or(from);
                fields.wrong(node, format!("`{text}` cannot part fields"), "one character, such as `;`, or `tab`");
                return None;
            }
        },
    };
    Some(if name == "parquet" { Format::Parquet } else { Format::Csv { delimiter, header } })
}
