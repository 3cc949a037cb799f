//! The macros behind generic tests: their names, their arguments, and whether one refers to anything by itself.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, RwLock};

use super::scope::Scope;
use crate::diagnostic::Diagnostic;
use crate::manifest::{JsonMap, Macro, UniqueId, python};
use crate::source::Span;

pub(crate) struct TestMacros {
    by_id: HashMap<UniqueId, Arc<Macro>>,
    /// Names a person can write, without the prefix.
    names: BTreeSet<String>,
    plain: RwLock<HashMap<UniqueId, bool>>,
    built_in_packages: HashSet<String>,
}

/// Calls a macro's text may not have, if it is to be understood without rendering.
const CALLS_OF_RENDERING: [&str; 6] = ["ref", "source", "config", "metric", "function", "doc"];
/// Words it may not have for the same reason.
const WORDS_OF_RENDERING: [&str; 3] = ["raise", "builtins", "context"];

/// Whether a text does nothing that only a render could tell.
fn is_plain_text(text: &str) -> bool {
    let calls =
        |name: &&str| text.match_indices(*name).any(|(at, _)| text[at + name.len()..].trim_start().starts_with('('));
    !CALLS_OF_RENDERING.iter().any(calls) && !WORDS_OF_RENDERING.iter().any(|word| text.contains(word))
}

impl TestMacros {
    pub(crate) fn new(scope: &Scope<'_>) -> Self {
        let by_id: HashMap<_, _> =
            scope.engine.macros().map(|found| (found.unique_id.clone(), Arc::clone(found))).collect();
        let is_built_in = |package: &str| scope.project.package(package).is_none();
        let mut names = BTreeSet::new();
        let mut built_in_packages = HashSet::new();
        for found in by_id.values() {
            if is_built_in(&found.package_name) {
                built_in_packages.insert(found.package_name.clone());
            }
            let Some(name) = found.name.strip_prefix("test_") else { continue };
            let is_reachable = found.package_name == scope.project.name() || is_built_in(&found.package_name);
            names.insert(if is_reachable { name.to_string() } else { format!("{}.{name}", found.package_name) });
        }
        Self { by_id, names, plain: RwLock::default(), built_in_packages }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Whether calling the macro captures nothing: no reference, no setting, no refusal in it or in what it calls.
    pub(crate) fn is_plain(&self, scope: &Scope<'_>, test: &Macro) -> bool {
        if let Some(known) = self.plain.read().ok().and_then(|plain| plain.get(&test.unique_id).copied()) {
            return known;
        }
        let is_plain = self.closure_is_plain(scope, test);
        if let Ok(mut plain) = self.plain.write() {
            plain.insert(test.unique_id.clone(), is_plain);
        }
        is_plain
    }

    fn closure_is_plain(&self, scope: &Scope<'_>, test: &Macro) -> bool {
        let mut seen = HashSet::from([test.unique_id.clone()]);
        let mut waiting: Vec<&Macro> = vec![test];
        while let Some(next) = waiting.pop() {
            scope.share_macros(std::slice::from_ref(&next.unique_id));
            if !is_plain_text(next.block.text()) {
                return false;
            }
            for id in &next.depends_on {
                let Some(called) = self.by_id.get(id) else { continue };
                if seen.insert(id.clone()) {
                    waiting.push(called);
                }
            }
        }
        true
    }

    /// Arguments the macro does not know, and those of dbt's own tests that are missing: dbt misses these only when the
    /// test is compiled.
    pub(crate) fn check_arguments(&self, test: &Macro, arguments: &JsonMap, span: &Span) -> Vec<Diagnostic> {
        let name = test.name.strip_prefix("test_").unwrap_or(&test.name);
        let body = test.block.text();
        let mut problems = Vec::new();
        let takes_any = body.contains("kwargs") || body.contains("varargs");
        for argument in arguments.keys().filter(|_| !takes_any) {
            if !test.signature.iter().any(|(known, _)| known == argument) {
                let known: Vec<_> = test.signature.iter().map(|(known, _)| known.as_str()).collect();
                let problem =
                    Diagnostic::error("unknown-argument", format!("test `{name}` has no argument `{argument}`"))
                        .at(argument_span(span, argument), "not an argument of the test")
                        .suggest(argument, known.iter().copied().filter(|known| *known != "model"));
                problems.push(match problem.help {
                    Some(_) => problem,
                    None => problem.help(format!("its arguments are {}", listed(&known))),
                });
            }
        }
        // A misspelt argument is the missing one, and was told.
        if problems.is_empty() && self.built_in_packages.contains(&test.package_name) {
            for (argument, default) in &test.signature {
                if default.is_none() && !arguments.contains_key(argument) {
                    problems.push(
                        Diagnostic::warning(
                            "missing-argument",
                            format!("test `{name}` needs the argument `{argument}`"),
                        )
                        .at(span.clone(), "without it here")
                        .help(format!("add `{argument}:` under `arguments:` of the test")),
                    );
                }
            }
        }
        if self.built_in_packages.contains(&test.package_name) {
            problems.extend(wrong_value(name, arguments, span));
        }
        problems
    }
}

/// Values of dbt's own tests that cannot be meant.
fn wrong_value(test: &str, arguments: &JsonMap, span: &Span) -> Option<Diagnostic> {
    let has_jinja = |text: &str| text.contains(['{', '(']);
    match test {
        "accepted_values" => {
            let values = arguments.get("values")?;
            let is_possible = values.is_array() || values.as_str().is_some_and(has_jinja);
            let problem = Diagnostic::error("wrong-type", "`values` of test `accepted_values` must be a list");
            let problem = problem.at(argument_span(span, "values"), "not a list");
            (!is_possible).then(|| problem.help(format!("write `values: [{}]`", python::text(values))))
        }
        "relationships" => {
            let to = arguments.get("to")?.as_str().filter(|to| !has_jinja(to) && !to.contains('.'))?;
            let message = format!("`to` of test `relationships` is `{to}`, which is no `ref` or `source`");
            let problem = Diagnostic::warning("unknown-value", message);
            Some(problem.at(argument_span(span, "to"), "read as it stands").help(format!("write `to: ref('{to}')`")))
        }
        _ => None,
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().filter(|name| **name != "model").map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn argument_span(span: &Span, argument: &str) -> Span {
    let key = format!("{argument}:");
    let text = span.text();
    let is_whole = |at: &usize| !text[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    match text.match_indices(&key).map(|(at, _)| at).find(is_whole) {
        Some(at) => Span::new(&span.file, span.start as usize + at..span.start as usize + at + argument.len()),
        None => span.clone(),
    }
}
