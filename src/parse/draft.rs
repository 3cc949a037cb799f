//! What the text of a model, test, analysis, snapshot, seed, function or hook says by itself, before properties describe it.
//!
//! Files are read for their references in parallel; the order of what comes out is that of the files.

use std::sync::Arc;

use rayon::prelude::*;

use super::blocks::{blocks, trimmed};
use super::checksum;
use super::config::{ConfigProblem, ConfigRequest, Resolved, merge_call};
use super::kind::ResourceKind;
use super::python_model;
use super::scope::{Scope, has_jinja};
use crate::diagnostic::Diagnostic;
use crate::jinja::{CaptureRequest, Captured};
use crate::manifest::{Json, JsonMap, Macro};
use crate::project::keys::near_config;
use crate::project::yaml::Yaml;
use crate::project::{Package, PackageFile, SeedFile};
use crate::source::{SourceFile, Span};

/// A node that is not yet described.
pub(crate) struct Draft {
    pub kind: ResourceKind,
    /// Index into `Project::packages`.
    pub package: usize,
    pub name: String,
    pub path: String,
    pub original_file_path: String,
    pub fqn: Vec<String>,
    pub file: Arc<SourceFile>,
    pub code: Span,
    pub checksum: String,
    pub captured: Captured,
    /// The text's `config(…)` calls in one.
    pub call: JsonMap,
    /// Config without properties.
    pub resolved: Resolved,
    pub hook: Option<HookPlace>,
    /// There was nothing to say of it.
    pub is_quiet: bool,
}

/// Which hook of dbt_project.yml it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HookPlace {
    pub is_start: bool,
    pub index: usize,
}

impl Draft {
    pub(crate) fn is_enabled(&self) -> bool {
        self.resolved.config.get("enabled").and_then(Json::as_bool).unwrap_or(true)
    }
}

/// A text that becomes a draft.
struct Text<'t> {
    kind: ResourceKind,
    package: usize,
    name: &'t str,
    path: String,
    original_file_path: &'t str,
    fqn: Vec<String>,
    code: Span,
    checksum: String,
    hook: Option<HookPlace>,
}

type Drafted = (Vec<Draft>, Vec<Diagnostic>);

/// Every draft of every package.
pub(crate) fn drafts(scope: &Scope<'_>) -> Drafted {
    enum Work<'w> {
        File(ResourceKind, usize, &'w PackageFile),
        Seed(usize, &'w SeedFile),
        Hooks(usize),
    }
    let mut work = Vec::new();
    for (index, package) in scope.project.packages.iter().enumerate() {
        let files = &package.files;
        work.extend(files.models.iter().map(|file| Work::File(ResourceKind::Model, index, file)));
        work.extend(files.snapshots.iter().map(|file| Work::File(ResourceKind::Snapshot, index, file)));
        work.extend(files.analyses.iter().map(|file| Work::File(ResourceKind::Analysis, index, file)));
        work.extend(files.tests.iter().map(|file| Work::File(ResourceKind::DataTest, index, file)));
        work.extend(files.functions.iter().map(|file| Work::File(ResourceKind::Function, index, file)));
        work.extend(files.seeds.iter().map(|file| Work::Seed(index, file)));
        work.push(Work::Hooks(index));
    }
    let drafted: Vec<Drafted> = work
        .par_iter()
        .map(|work| match work {
            Work::File(ResourceKind::Snapshot, package, file) => snapshots_of_file(scope, *package, file),
            Work::File(kind, package, file) => of_file(scope, *kind, *package, file),
            Work::Seed(package, file) => of_seed(scope, *package, file),
            Work::Hooks(package) => hooks(scope, *package),
        })
        .collect();
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    for (drafts, found) in drafted {
        all.extend(drafts);
        problems.extend(found);
    }
    (all, problems)
}

pub(super) fn of_file(scope: &Scope<'_>, kind: ResourceKind, package: usize, file: &PackageFile) -> Drafted {
    let name = stem(&file.path);
    let path = match kind {
        // dbt puts analyses under a folder of that name, whatever theirs is called.
        ResourceKind::Analysis if !scope.flag("require_corrected_analysis_fqns", false) => {
            format!("analysis/{}", file.path)
        }
        _ => file.path.clone(),
    };
    let text = &file.file.text;
    let text = Text {
        kind,
        package,
        name,
        fqn: fqn(&scope.package(package).name, &path, name),
        path,
        original_file_path: &file.original_file_path,
        code: Span::new(&file.file, trimmed(text, 0..text.len())),
        checksum: checksum::of_text(text),
        hook: None,
    };
    let (draft, problems) = draft(scope, text);
    (vec![draft], problems)
}

/// A snapshot's fqn has the name of its file, too.
fn snapshots_of_file(scope: &Scope<'_>, package: usize, file: &PackageFile) -> Drafted {
    let (found, mut problems) = blocks(&file.file, "snapshot");
    let checksum = checksum::of_text(&file.file.text);
    let mut drafts = Vec::new();
    if found.is_empty() && problems.is_empty() {
        problems.extend(no_snapshot(scope, package, file));
    }
    for block in found {
        let mut names = fqn(&scope.package(package).name, &file.path, stem(&file.path));
        names.push(block.name.clone());
        let text = Text {
            kind: ResourceKind::Snapshot,
            package,
            name: &block.name,
            path: file.path.clone(),
            original_file_path: &file.original_file_path,
            fqn: names,
            code: Span::new(&file.file, block.contents.clone()),
            checksum: checksum.clone(),
            hook: None,
        };
        let (draft, found) = draft(scope, text);
        drafts.push(draft);
        problems.extend(found);
    }
    (drafts, problems)
}

/// A file of snapshots without one. Where models lie in the same folder, theirs have none.
fn no_snapshot(scope: &Scope<'_>, package: usize, file: &PackageFile) -> Option<Diagnostic> {
    let path = &file.original_file_path;
    let models = &scope.package(package).files.models;
    let is_model = models.binary_search_by(|model| model.original_file_path.cmp(path)).is_ok();
    if package != 0 || is_model || file.file.text.trim().is_empty() {
        return None;
    }
    Some(
        Diagnostic::warning("unused-entry", format!("`{path}` has no snapshot in it"))
            .at(Span::start_of(&file.file), "not read")
            .help("write `{% snapshot name %}` before the query and `{% endsnapshot %}` behind it, or declare the snapshot in a yml"),
    )
}

fn of_seed(scope: &Scope<'_>, package: usize, seed: &SeedFile) -> Drafted {
    let file = SourceFile::new(seed.original_file_path.as_str(), seed.absolute.as_path(), "");
    let mut problems = Vec::new();
    let checksum = checksum::of_seed(&seed.absolute, &seed.original_file_path, seed_bytes_max(scope));
    let checksum = checksum.unwrap_or_else(|error| {
        problems.push(
            Diagnostic::error("unreadable-file", format!("`{}` cannot be read: {error}", seed.original_file_path))
                .at(Span::start_of(&file), ""),
        );
        String::new()
    });
    let name = stem(&seed.path);
    let fqn = fqn(&scope.package(package).name, &seed.path, name);
    let empty = JsonMap::new();
    let request = ConfigRequest { kind: ResourceKind::Seed, package, fqn: &fqn, patch: &empty, call: &empty };
    let resolved = scope.configs.resolve(&request);
    let draft = Draft {
        kind: ResourceKind::Seed,
        package,
        name: name.to_string(),
        path: seed.path.clone(),
        original_file_path: seed.original_file_path.clone(),
        fqn,
        code: Span::start_of(&file),
        file,
        checksum,
        captured: Captured::default(),
        call: JsonMap::new(),
        resolved,
        hook: None,
        is_quiet: false,
    };
    (vec![draft], problems)
}

fn seed_bytes_max(scope: &Scope<'_>) -> Option<u64> {
    let flags = scope.package(0).config.get("flags")?;
    flags.get("maximum_seed_size_mib").and_then(Json::as_u64).map(|mebibytes| mebibytes * 1024 * 1024)
}

/// `on-run-start` and `on-run-end` of a package's dbt_project.yml.
fn hooks(scope: &Scope<'_>, package: usize) -> Drafted {
    let owner: &Package = scope.package(package);
    let (mut drafts, mut problems) = (Vec::new(), Vec::new());
    for (key, is_start) in [("on-run-start", true), ("on-run-end", false)] {
        let Some(written) = owner.yaml.root.get(key) else { continue };
        let hooks: Vec<&Yaml> =
            if written.as_str().is_some() { vec![written] } else { written.items().iter().collect() };
        for (index, hook) in hooks.into_iter().enumerate() {
            let Some(sql) = hook.as_str() else { continue };
            let name = format!("{}-{key}-{index}", owner.name);
            let path = format!("hooks/{name}.sql");
            let code = text_span(&owner.yaml.file, hook, sql);
            let text = Text {
                kind: ResourceKind::Operation,
                package,
                name: &name,
                fqn: fqn(&owner.name, &path, &name),
                path,
                original_file_path: "./dbt_project.yml",
                code,
                checksum: checksum::of_text(&owner.yaml.file.text),
                hook: Some(HookPlace { is_start, index }),
            };
            let (draft, found) = draft(scope, text);
            drafts.push(draft);
            problems.extend(found);
        }
    }
    (drafts, problems)
}

/// Reads a text's references and config calls.
fn draft(scope: &Scope<'_>, text: Text<'_>) -> (Draft, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let empty = JsonMap::new();
    let request = ConfigRequest { kind: text.kind, package: text.package, fqn: &text.fqn, patch: &empty, call: &empty };
    let project_config = scope.configs.resolve(&request).config;
    let mut captured = captured(scope, &text, &project_config).unwrap_or_else(|problem| {
        problems.push(*problem);
        Captured::default()
    });
    problems.append(&mut captured.warnings);
    captured.refs.shrink_to_fit();
    let mut call = JsonMap::new();
    for written in &captured.configs {
        merge_call(&mut call, written);
    }
    problems.extend(misspelt_configs(scope, &text, &call));
    // A Python model is a table unless it is told to be something else.
    let mut python = JsonMap::new();
    if is_python_model(&text) {
        python.insert("materialized".to_string(), Json::from("table"));
    }
    let request = ConfigRequest { kind: text.kind, package: text.package, fqn: &text.fqn, patch: &python, call: &call };
    let resolved = scope.configs.resolve(&request);
    let mut draft = Draft {
        kind: text.kind,
        package: text.package,
        name: text.name.to_string(),
        path: text.path,
        original_file_path: text.original_file_path.to_string(),
        fqn: text.fqn,
        file: Arc::clone(&text.code.file),
        code: text.code,
        checksum: text.checksum,
        captured,
        call,
        resolved,
        hook: text.hook,
        is_quiet: false,
    };
    let config = Arc::clone(&draft.resolved.config);
    problems.extend(capture_hooks(scope, &mut draft, None, &config));
    draft.is_quiet = problems.is_empty() && draft.resolved.problems.is_empty();
    (draft, problems)
}

/// Keys of `config(…)` that are nearly one that means something. A key that some macro asks for is the project's own.
fn misspelt_configs(scope: &Scope<'_>, text: &Text<'_>, call: &JsonMap) -> Vec<Diagnostic> {
    if text.package != 0 {
        return Vec::new();
    }
    let is_asked_for = |key: &str| {
        let words = [format!("'{key}'"), format!("\"{key}\"")];
        let asks = |known: &&Arc<Macro>| words.iter().any(|word| known.block.text().contains(word.as_str()));
        let asking: Vec<_> = scope.engine.macros().filter(asks).map(|known| known.unique_id.clone()).collect();
        scope.share_macros(&asking);
        !asking.is_empty()
    };
    let section = text.kind.project_sections()[0];
    let misspelt = call.keys().filter_map(|key| Some((key, near_config(section, key)?)));
    misspelt
        .filter(|(key, _)| !is_asked_for(key))
        .map(|(key, near)| {
            let problem = Diagnostic::warning("unknown-key", format!("unknown config `{key}` in `{}`", text.name));
            let problem = problem.at(key_span(&text.code, key), "no config has this name");
            problem.help(format!("did you mean `{near}`?"))
        })
        .collect()
}

/// Where `key=` is written; its file's start, if it comes from elsewhere.
fn key_span(code: &Span, key: &str) -> Span {
    let text = code.text();
    let is_key = |at: &usize| text[at + key.len()..].trim_start_matches(['\'', '"', ' ']).starts_with(['=', ':']);
    let mut places = text.match_indices(key).map(|(at, _)| at);
    let at = places.find(is_key).map(|at| code.start as usize + at);
    at.map_or_else(|| Span::start_of(&code.file), |at| Span::new(&code.file, at..at + key.len()))
}

/// A function in Python is rendered as any other text.
fn is_python_model(text: &Text<'_>) -> bool {
    text.kind != ResourceKind::Function && text.path.ends_with(".py")
}

fn captured(scope: &Scope<'_>, text: &Text<'_>, config: &JsonMap) -> Result<Captured, Box<Diagnostic>> {
    if is_python_model(text) {
        return python_model::capture(&text.code);
    }
    if !has_jinja(text.code.text()) {
        return Ok(Captured::default());
    }
    scope.engine.capture(&CaptureRequest {
        code: &text.code,
        package: &scope.package(text.package).name,
        vars: scope.vars(text.package),
        model: &model_json(scope, text, config),
        config,
        is_model: text.kind == ResourceKind::Model,
    })
}

/// Adds what pre- and post-hooks refer to. Like dbt, once for the text's config and again when properties change it.
pub(crate) fn capture_hooks(
    scope: &Scope<'_>,
    draft: &mut Draft,
    patch: Option<&Span>,
    config: &JsonMap,
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for key in ["pre-hook", "post-hook"] {
        let hooks = config.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        for sql in hooks.iter().filter_map(|hook| hook.get("sql").and_then(Json::as_str)) {
            if !has_jinja(sql) {
                continue;
            }
            let code = hook_span(scope, draft, patch, sql);
            let model = base_json(scope, draft.kind, draft.package, &draft.name, &draft.fqn, &draft.path);
            match scope.engine.capture(&CaptureRequest {
                code: &code,
                package: &scope.package(draft.package).name,
                vars: scope.vars(draft.package),
                model: &model,
                config,
                is_model: false,
            }) {
                Ok(found) => {
                    problems.extend(seed_problem(draft, &found, &code));
                    draft.captured.refs.extend(found.refs);
                    draft.captured.sources.extend(found.sources);
                    draft.captured.functions.extend(found.functions);
                    scope.share_macros(&found.entered);
                    for called in found.macros {
                        if !draft.captured.macros.contains(&called) {
                            draft.captured.macros.push(called);
                        }
                    }
                }
                Err(problem) => problems.push(*problem),
            }
        }
    }
    problems
}

/// A seed stands at the beginning of the graph, so its hooks cannot read what is built.
/// Source: dbt-core 1.12, `SeedNode._disallow_implicit_dependencies`.
fn seed_problem(draft: &Draft, found: &Captured, hook: &Span) -> Option<Diagnostic> {
    let refs = found.refs.iter().map(|call| (call.name.clone(), &call.span));
    let sources = found.sources.iter().map(|call| (format!("{}.{}", call.source, call.table), &call.span));
    let (name, place) = refs.chain(sources).next().filter(|_| draft.kind == ResourceKind::Seed)?;
    let message = format!("a hook of seed `{}` refers to `{name}`, but seeds cannot depend on other nodes", draft.name);
    let problem = Diagnostic::error("seed-with-parents", message);
    let problem = problem.at(place.clone().unwrap_or_else(|| hook.clone()), "this reference");
    Some(problem.help("move it to a hook of a model that reads the seed"))
}

/// Where a hook is written, if its text can be found: in its node's file, in its entry of a property file, or in
/// dbt_project.yml.
fn hook_span(scope: &Scope<'_>, draft: &Draft, patch: Option<&Span>, sql: &str) -> Span {
    let all = |file: &Arc<SourceFile>| (Arc::clone(file), 0..file.text.len());
    let of_patch = patch.map(|entry| (Arc::clone(&entry.file), entry.range()));
    let of_projects = [draft.package, 0].map(|package| all(&scope.package(package).yaml.file));
    let places = std::iter::once(all(&draft.file)).chain(of_patch).chain(of_projects);
    if let Some(span) = places.into_iter().find_map(|(file, range)| Span::find(&file, range, sql)) {
        return span;
    }
    let file = SourceFile::in_memory(format!("hook of {}", draft.original_file_path), sql);
    Span::new(&file, 0..sql.len())
}

/// The span of a YAML text: in the file where it stands there letter for letter, else of a text that knows where in
/// the file its letters are.
pub(crate) fn text_span(file: &Arc<SourceFile>, node: &Yaml, text: &str) -> Span {
    let range = node.start as usize..(node.end as usize).min(file.text.len());
    Span::find(file, range, text).unwrap_or_else(|| {
        let copy = SourceFile::in_memory(file.path.as_str(), text);
        Span::new(&copy, 0..text.len())
    })
}

fn model_json(scope: &Scope<'_>, text: &Text<'_>, config: &JsonMap) -> JsonMap {
    let mut model = base_json(scope, text.kind, text.package, text.name, &text.fqn, &text.path);
    model.insert("original_file_path".to_string(), Json::from(text.original_file_path));
    model.insert("config".to_string(), Json::Object(config.clone()));
    model
}

/// What `model` shows while a text is read for its references.
pub(crate) fn base_json(
    scope: &Scope<'_>,
    kind: ResourceKind,
    package: usize,
    name: &str,
    fqn: &[String],
    path: &str,
) -> JsonMap {
    let target = &scope.project.target;
    let package = scope.package(package).name.as_str();
    let mut model = JsonMap::with_capacity(14);
    let mut put = |key: &str, value: Json| model.insert(key.to_string(), value);
    put("database", Json::from(target.database.as_str()));
    put("schema", Json::from(target.schema.as_str()));
    put("name", Json::from(name));
    put("resource_type", Json::from(kind.resource_type()));
    put("package_name", Json::from(package));
    put("path", Json::from(path));
    put("unique_id", Json::from(format!("{}.{package}.{name}", kind.resource_type())));
    put("fqn", fqn.iter().map(String::as_str).collect());
    put("alias", Json::from(name));
    put("tags", Json::Array(Vec::new()));
    put("meta", Json::Object(JsonMap::new()));
    model
}

/// The file name without its last extension.
pub(crate) fn stem(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

/// A path without its first folder, which `./` before it is not.
pub(crate) fn below_first_folder(path: &str) -> &str {
    let path = path.trim_start_matches("./");
    path.split_once('/').map_or(path, |(_, rest)| rest)
}

/// Package, folders of the path, name.
pub(crate) fn fqn(package: &str, path: &str, name: &str) -> Vec<String> {
    let mut names = fqn_prefix(package, path);
    names.push(name.to_string());
    names
}

pub(crate) fn fqn_prefix(package: &str, path: &str) -> Vec<String> {
    let folders = path.rsplit_once('/').map(|(folders, _)| folders.split('/'));
    // With room for the name that follows: there are thousands of these.
    let mut names = Vec::with_capacity(2 + folders.clone().map_or(0, Iterator::count));
    names.push(package.to_string());
    names.extend(folders.into_iter().flatten().map(str::to_string));
    names
}

/// A config value that cannot stand, told at the place it was most likely written at.
pub(crate) fn config_problem(problem: &ConfigProblem, subject: &str, places: &[Span]) -> Diagnostic {
    let message = format!("config `{}` of {subject} {}", problem.key, problem.message);
    let diagnostic = Diagnostic::error("invalid-config", message);
    let found = places.iter().find_map(|place| {
        let at = place.text().find(problem.key.as_str())?;
        let start = place.start as usize + at;
        Some(Span::new(&place.file, start..start + problem.key.len()))
    });
    match found
        .or_else(|| places.first().map(|place| Span::new(&place.file, place.start as usize..place.start as usize)))
    {
        Some(span) => diagnostic.at(span, "set here"),
        None => diagnostic,
    }
}
