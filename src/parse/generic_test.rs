//! A test declared in properties becomes a node: its arguments, its settings, its names, what it reads.
//!
//! Most tests are understood without rendering: those of plain arguments whose macro refers to nothing by itself.
//! Source: dbt-core 1.12, `parser/generic_test_builders.py` and `parser/schema_generic_tests.py`.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use super::calls::{Target, target};
use super::config::{ConfigRequest, merge_call};
use super::draft::{base_json, below_first_folder, config_problem, fqn};
use super::kind::ResourceKind;
use super::node::{docs_of, has_relation, tags_of};
use super::scope::{Scope, asks_to_be_rendered};
use super::test_call::test_call;
use super::test_macros::TestMacros;
use super::test_names::generic_test_hash;
use super::test_parts::{Parts, TestedColumn, TestedThing, Told, parts, raw_code};
use crate::diagnostic::{Diagnostic, Label};
use crate::jinja::{CaptureRequest, Captured};
use crate::manifest::{
    DataTest, DependsOn, Json, JsonMap, Macro, Node, NodeConfig, NodeKind, RefCall, SourceCall, TestScope, UniqueId,
    python,
};
use crate::source::{SourceFile, Span};

/// What a test is declared on.
pub(crate) struct TestTarget<'t> {
    pub of: TestedThing<'t>,
    /// Package of the properties file.
    pub package: usize,
    pub original_file_path: &'t str,
    pub attached: Option<(UniqueId, Option<String>)>,
}

/// What all tests share: their macros, and the texts of their code, of which there are few.
pub(crate) struct TestRoom {
    pub macros: TestMacros,
    code: RwLock<HashMap<String, Arc<SourceFile>>>,
}

impl TestRoom {
    pub(crate) fn new(scope: &Scope<'_>) -> Self {
        Self { macros: TestMacros::new(scope), code: RwLock::default() }
    }

    fn code_file(&self, test: &str, code: String) -> Arc<SourceFile> {
        if let Some(file) = self.code.read().ok().and_then(|files| files.get(&code).cloned()) {
            return file;
        }
        let file = SourceFile::in_memory(format!("<test {test}>"), code.as_str());
        if let Ok(mut files) = self.code.write() {
            files.insert(code, Arc::clone(&file));
        }
        file
    }
}

/// The node of one declared test.
///
/// # Errors
/// It is not written as a test.
pub(crate) fn generic_test(
    scope: &Scope<'_>,
    room: &TestRoom,
    target: &TestTarget<'_>,
    written: &Json,
    span: &Span,
    column: Option<&TestedColumn<'_>>,
    tags: &[String],
) -> Told<(Box<Node>, Vec<Diagnostic>)> {
    let mut problems = Vec::new();
    let mut parts = parts(scope, target, written, span, column)?;
    let package = scope.package(target.package).name.as_str();
    let found = scope.engine.generic_test(&parts.name, parts.namespace.as_deref(), package);
    match found {
        Some(test_macro) => problems.extend(room.macros.check_arguments(test_macro, &parts.arguments, span)),
        None => problems.push(unknown_test(room, &parts, span)),
    }

    let code = room.code_file(&parts.name, raw_code(&parts));
    let code_span = Span::new(&code, 0..code.text.len());
    let fqn = fqn(package, below_first_folder(target.original_file_path), &parts.full_name);
    let path = format!("{}.sql", parts.short_name);
    let test = TestScope {
        name: parts.name.clone(),
        namespace: parts.namespace.clone(),
        column_name: column.map(TestedColumn::written_name(scope)),
        kwargs: std::mem::take(&mut parts.arguments),
        attached_node: target.attached.as_ref().map(|(id, _)| id.clone()),
        file_key_name: Some(match &target.of {
            TestedThing::Node { name, section, .. } => format!("{section}.{name}"),
            TestedThing::Source { source, .. } => format!("sources.{source}"),
        }),
        span: span.clone(),
    };
    let is_plain = found.is_none_or(|test_macro| room.macros.is_plain(scope, test_macro));
    let captured = if is_plain && test.kwargs.values().all(is_plain_argument) {
        plain_references(target, &test, found)
    } else {
        let model = base_json(scope, ResourceKind::DataTest, target.package, &parts.full_name, &fqn, &path);
        rendered_references(scope, target, &test, &fqn, &parts.config, model)?
    };
    // What the macro sets lies below what the test sets.
    let mut call = JsonMap::new();
    for written in captured.configs.iter().chain([&parts.config]) {
        merge_call(&mut call, written);
    }
    let node = assemble(
        scope,
        target,
        parts,
        Assembly { fqn, path, code, code_span, call, captured, column, tags, test, test_macro: found },
        &mut problems,
    )?;
    Ok((node, problems))
}

/// What a test node is made of beside its parts.
struct Assembly<'t> {
    fqn: Vec<String>,
    path: String,
    code: Arc<SourceFile>,
    code_span: Span,
    call: JsonMap,
    captured: Captured,
    column: Option<&'t TestedColumn<'t>>,
    /// Tags the test has even without a column.
    tags: &'t [String],
    test: TestScope,
    /// `None` when there is none: the node is read all the same, and fails when it is compiled.
    test_macro: Option<&'t Arc<Macro>>,
}

fn assemble(
    scope: &Scope<'_>,
    target: &TestTarget<'_>,
    parts: Parts,
    made: Assembly<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Told<Box<Node>> {
    let package = scope.package(target.package).name.clone();
    let empty = JsonMap::new();
    let request = ConfigRequest {
        kind: ResourceKind::DataTest,
        package: target.package,
        fqn: &made.fqn,
        patch: &empty,
        call: &made.call,
    };
    let resolved = scope.configs.resolve(&request);
    let subject = format!("test `{}`", parts.full_name);
    problems.extend(
        resolved
            .problems
            .iter()
            .map(|problem| config_problem(problem, &subject, std::slice::from_ref(&made.test.span))),
    );
    let unrendered_config = scope.configs.unrendered(&request);
    let names = scope.names(
        ResourceKind::DataTest,
        &resolved.merged,
        (&parts.full_name, false),
        &|| base_json(scope, ResourceKind::DataTest, target.package, &parts.full_name, &made.fqn, &made.path),
        &package,
    )?;
    let config = NodeConfig::new(resolved.config);
    let mut tags = made.column.map_or_else(|| made.tags.to_vec(), |column| column.tags.clone());
    tags.extend(tags_of(&parts.config));
    tags.sort();
    tags.dedup();
    for tag in tags_of(&config.values) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    let hash = generic_test_hash(&parts.full_name, &made.test.name, made.test.namespace.as_deref(), &made.test.kwargs);
    // dbt notes what the bare name means to the package first, even where a namespace leads elsewhere.
    let bare = scope.engine.find_macro_by_name(&format!("test_{}", made.test.name), &package);
    let nothing = || UniqueId::new(NO_MACRO);
    let mut macros: Vec<UniqueId> = vec![bare.map_or_else(nothing, |found| found.unique_id.clone())];
    macros.extend(made.test_macro.map(|found| found.unique_id.clone()).filter(|id| !macros.contains(id)));
    if !made.test_macro.is_some_and(|found| is_shortcut(found)) {
        macros.extend(scope.where_subquery.clone());
    }
    for called in made.captured.macros {
        if !macros.contains(&called) {
            macros.push(called);
        }
    }
    let group = target.attached.as_ref().and_then(|(_, group)| group.clone());
    let mut node = Box::new(Node {
        unique_id: UniqueId::new(format!("test.{package}.{}.{hash}", parts.full_name)),
        name: parts.full_name,
        package_name: package,
        path: made.path,
        original_file_path: target.original_file_path.to_string(),
        fqn: made.fqn,
        alias: names.alias,
        database: names.database,
        schema: names.schema,
        relation_name: None,
        file: made.code,
        code: made.code_span,
        unrendered_config,
        description: parts.description,
        doc_blocks: Vec::new(),
        columns: indexmap::IndexMap::new(),
        tags,
        meta: config.get("meta").and_then(Json::as_object).cloned().unwrap_or_default(),
        docs: docs_of(&config.values),
        patch_path: None,
        patch_span: None,
        refs: made.captured.refs,
        sources: made.captured.sources,
        metrics: made.captured.metrics,
        functions: made.captured.functions,
        depends_on: DependsOn { nodes: Vec::new(), macros },
        checksum: String::new(),
        group,
        created_at: scope.created_at,
        config,
        kind: NodeKind::DataTest(DataTest { generic: Some(made.test) }),
    });
    node.relation_name = has_relation(scope, &node)
        .then(|| scope.relation_name(node.database.as_deref(), &node.schema, &node.alias, &JsonMap::new()));
    Ok(node)
}

/// What dbt writes where a test's bare name means no macro.
const NO_MACRO: &str = "None";

/// A warning only: dbt reads the project, and fails where the test is compiled.
fn unknown_test(room: &TestRoom, parts: &Parts, span: &Span) -> Diagnostic {
    let full = parts.namespace.as_ref().map_or_else(|| parts.name.clone(), |space| format!("{space}.{}", parts.name));
    let place = name_span(span, &full);
    let problem = Diagnostic::warning("unknown-test", format!("there is no test `{full}`"))
        .at(place, "no macro of this name is a test")
        .suggest(&full, room.macros.names());
    match problem.help {
        Some(_) => problem,
        None => problem.help(format!("write `{{% test {}(model, column_name) %}}` in tests/generic/", parts.name)),
    }
}

fn name_span(span: &Span, name: &str) -> Span {
    match span.text().find(name) {
        Some(at) => Span::new(&span.file, span.start as usize + at..span.start as usize + at + name.len()),
        None => span.clone(),
    }
}

/// Nothing to render in it but perhaps a plain `ref` or `source`, or the `model` argument made here.
fn is_plain_argument(value: &Json) -> bool {
    match value {
        Json::String(text) => !asks_to_be_rendered(text) || target(text).is_some() || is_model_text(text),
        Json::Array(items) => items.iter().all(is_plain_argument),
        Json::Object(entries) => entries.values().all(is_plain_argument),
        Json::Null | Json::Bool(_) | Json::Number(_) => true,
    }
}

fn is_model_text(text: &str) -> bool {
    text.starts_with("{{ get_where_subquery(")
}

/// References of a test that has to be rendered for them.
fn rendered_references(
    scope: &Scope<'_>,
    target: &TestTarget<'_>,
    test: &TestScope,
    fqn: &[String],
    config: &JsonMap,
    mut model: JsonMap,
) -> Told<Captured> {
    let empty = JsonMap::new();
    let request =
        ConfigRequest { kind: ResourceKind::DataTest, package: target.package, fqn, patch: &empty, call: config };
    let config = scope.configs.resolve(&request).config;
    model.insert("config".to_string(), Json::Object(JsonMap::clone(&config)));
    let file = SourceFile::in_memory(format!("<test {}>", test.name), test_call(test));
    let captured = scope.engine.capture(&CaptureRequest {
        code: &Span::new(&file, 0..file.text.len()),
        package: &scope.package(target.package).name,
        vars: scope.vars(target.package),
        model: &model,
        config: &config,
        is_model: false,
    });
    let mut captured = captured.map_err(|mut problem| {
        // The call was written here; what the author wrote is the entry.
        problem.labels.retain(|label| !label.span.file.path.starts_with('<'));
        problem.labels.insert(0, Label { span: test.span.clone(), text: "in this test".to_string() });
        problem
    })?;
    scope.share_macros(&captured.entered);
    if is_shadowed(scope, target, test) {
        captured.configs.clear();
    }
    let calls = captured.refs.iter_mut().chain(&mut captured.functions);
    calls.for_each(|call| call.span = Some(test.span.clone()));
    captured.sources.iter_mut().for_each(|call| call.span = Some(test.span.clone()));
    Ok(captured)
}

/// Whether a test of a package stands behind another one of its name: while parsing, dbt then sees only the other,
/// and calls of the package's come to nothing.
/// Source: dbt-core 1.12, `SchemaGenericTestParser.render_test_update`, `TestMacroNamespace`.
fn is_shadowed(scope: &Scope<'_>, target: &TestTarget<'_>, test: &TestScope) -> bool {
    let Some(namespace) = &test.namespace else { return false };
    let package = &scope.package(target.package).name;
    let meant = scope.engine.generic_test(&test.name, Some(namespace), package);
    let found = scope.engine.find_macro_by_name(&format!("test_{}", test.name), package);
    match (meant, found) {
        (Some(meant), Some(found)) => meant.package_name != found.package_name && found.package_name != "dbt",
        _ => false,
    }
}

/// The two commonest tests, whose target dbt takes from the properties without rendering anything.
fn is_shortcut(test_macro: &Macro) -> bool {
    test_macro.package_name == "dbt" && matches!(test_macro.name.as_str(), "test_unique" | "test_not_null")
}

/// References of a test that needs no rendering, in the order of its arguments.
fn plain_references(tested: &TestTarget<'_>, test: &TestScope, test_macro: Option<&Arc<Macro>>) -> Captured {
    let mut captured = Captured { refs: Vec::with_capacity(1), ..Captured::default() };
    let span = Some(test.span.clone());
    let mut add = |found: Target| match found {
        Target::Ref { package, name, version } => {
            captured.refs.push(RefCall { package, name, version, span: span.clone() });
        }
        Target::Source { source, table } => captured.sources.push(SourceCall { source, table, span: span.clone() }),
    };
    for (key, value) in &test.kwargs {
        if key != "model" && key != "column_name" {
            each_text(value, &mut |text| target(text).into_iter().for_each(&mut add));
        }
    }
    // A version is a number in the properties, and a text where the argument is rendered.
    let is_number = test_macro.is_some_and(|found| is_shortcut(found));
    let version_of = |version: &Json| if is_number { version.clone() } else { Json::from(python::text(version)) };
    add(match &tested.of {
        TestedThing::Node { name, version, .. } => {
            Target::Ref { package: None, name: (*name).to_string(), version: version.map(version_of) }
        }
        TestedThing::Source { source, table } => {
            Target::Source { source: (*source).to_string(), table: (*table).to_string() }
        }
    });
    captured
}

fn each_text(value: &Json, visit: &mut impl FnMut(&str)) {
    match value {
        Json::String(text) => visit(text),
        Json::Array(items) => items.iter().for_each(|item| each_text(item, visit)),
        Json::Object(entries) => entries.values().for_each(|item| each_text(item, visit)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}
