//! References become dependencies, or a pointed complaint.

use rayon::prelude::*;

use super::lookup::{Lookup, Resolution};
use super::scope::Scope;
use crate::diagnostic::{Diagnostic, nearest};
use crate::manifest::{Access, Json, Node, NodeKind, RefCall, SourceCall, UniqueId, python};
use crate::source::Span;

/// Who refers: for messages and for the rules of access.
pub(crate) struct Referrer<'r> {
    /// `model`, `test`, `exposure`, …
    pub noun: &'r str,
    pub name: &'r str,
    pub package: usize,
    pub group: Option<&'r str>,
    /// Where to point when a call has no place of its own.
    pub place: Span,
    /// The text the calls were found in, where it is the author's.
    pub code: Option<&'r Span>,
    /// A test whose target is missing is switched off with a warning; anything else cannot stand.
    pub is_test: bool,
}

/// What became of an item's references.
#[derive(Default)]
pub(crate) struct Dependencies {
    pub nodes: Vec<UniqueId>,
    /// A reference led nowhere.
    pub is_broken: bool,
    pub problems: Vec<Diagnostic>,
}

/// Dependencies of every node, in the order of `nodes`.
pub(crate) fn dependencies(scope: &Scope<'_>, lookup: &Lookup, nodes: &[(usize, Box<Node>)]) -> Vec<Dependencies> {
    nodes.par_iter().map(|(package, node)| of_node(scope, lookup, *package, node)).collect()
}

fn of_node(scope: &Scope<'_>, lookup: &Lookup, package: usize, node: &Node) -> Dependencies {
    let referrer = Referrer {
        noun: match node.kind {
            NodeKind::Hook(_) => "hook",
            NodeKind::Model(_)
            | NodeKind::Seed(_)
            | NodeKind::Snapshot
            | NodeKind::DataTest(_)
            | NodeKind::Analysis
            | NodeKind::Function(_) => node.kind.resource_type(),
        },
        name: &node.name,
        package,
        group: node.group.as_deref(),
        code: node.declaration().is_none().then_some(&node.code),
        place: node.declared_at(),
        is_test: matches!(node.kind, NodeKind::DataTest(_)),
    };
    resolve(scope, lookup, &referrer, &Calls { refs: &node.refs, sources: &node.sources, functions: &node.functions })
}

/// What a text refers to.
#[derive(Clone, Copy, Default)]
pub(crate) struct Calls<'r> {
    pub refs: &'r [RefCall],
    pub sources: &'r [SourceCall],
    pub functions: &'r [RefCall],
}

/// Sources first, then refs, then functions, each target once.
pub(crate) fn resolve(scope: &Scope<'_>, lookup: &Lookup, referrer: &Referrer<'_>, calls: &Calls<'_>) -> Dependencies {
    let mut result = Dependencies::default();
    for call in calls.sources {
        match lookup.source(referrer.package, &call.source, &call.table) {
            Resolution::Found(id) => result.add(id),
            Resolution::Disabled(_) | Resolution::Ambiguous(_) => {
                result.is_broken = true;
                result.problems.push(disabled_source(referrer, call));
            }
            Resolution::Missing => {
                result.is_broken = true;
                result.problems.push(missing_source(lookup, referrer, call));
            }
        }
    }
    let refs = calls.refs.iter().map(|call| (Called::Ref, call));
    for (called, call) in refs.chain(calls.functions.iter().map(|call| (Called::Function, call))) {
        let package = match &call.package {
            None => None,
            Some(name) => match scope.package_index(name) {
                Some(index) => Some(index),
                None => {
                    result.is_broken = true;
                    result.problems.push(unknown_package(scope, referrer, call, name));
                    continue;
                }
            },
        };
        let found = match called {
            Called::Ref => lookup.node(referrer.package, package, &call.name, call.version.as_ref()),
            Called::Function => lookup.function(referrer.package, package, &call.name),
        };
        match found {
            Resolution::Found(id) => {
                if let Some(problem) = refused(scope, lookup, referrer, call, &id) {
                    result.problems.push(problem);
                }
                result.add(id);
            }
            Resolution::Disabled(_) => {
                result.is_broken = true;
                // A test on something that is switched off is switched off in silence.
                if !referrer.is_test {
                    result.problems.push(disabled_ref(referrer, call));
                }
            }
            Resolution::Ambiguous(ids) => {
                result.is_broken = true;
                result.problems.push(ambiguous_ref(referrer, call, &ids));
            }
            Resolution::Missing => {
                result.is_broken = true;
                result.problems.push(missing_ref(lookup, referrer, called, call));
            }
        }
    }
    result
}

/// Which of the two a call is.
#[derive(Clone, Copy)]
enum Called {
    Ref,
    Function,
}

impl Dependencies {
    fn add(&mut self, id: UniqueId) {
        if !self.nodes.contains(&id) {
            self.nodes.push(id);
        }
    }
}

fn told(referrer: &Referrer<'_>, code: &'static str, message: String) -> Diagnostic {
    if referrer.is_test { Diagnostic::warning(code, message) } else { Diagnostic::error(code, message) }
}

/// The call itself; or, where a macro made it, the place that hands the macro the name.
fn place(referrer: &Referrer<'_>, span: Option<&Span>, name: &str) -> Span {
    let named = || {
        let code = referrer.code?;
        let (at, quoted) = [format!("'{name}'"), format!("\"{name}\"")]
            .into_iter()
            .find_map(|quoted| Some((code.text().find(&quoted)?, quoted)))?;
        let start = code.start as usize + at;
        Some(Span::new(&code.file, start..start + quoted.len()))
    };
    span.cloned().or_else(named).unwrap_or_else(|| referrer.place.clone())
}

fn written(call: &RefCall) -> String {
    match &call.version {
        Some(version) if !version.is_null() => format!("version {} of `{}`", python::text(version), call.name),
        _ => format!("`{}`", call.name),
    }
}

fn missing_ref(lookup: &Lookup, referrer: &Referrer<'_>, called: Called, call: &RefCall) -> Diagnostic {
    let (verb, kinds, code) = match called {
        Called::Ref => ("refers to", "model, seed or snapshot", "unresolved-ref"),
        Called::Function => ("calls the function", "function", "unresolved-function"),
    };
    let message = format!("{} `{}` {verb} {}, which does not exist", referrer.noun, referrer.name, written(call));
    let span = place(referrer, call.span.as_ref(), &call.name);
    if let (Some(versions), Some(_)) = (lookup.versions(&call.name), &call.version) {
        let versions: Vec<_> = versions.iter().map(|version| format!("`{version}`")).collect();
        return told(referrer, code, message)
            .at(span, "no such version")
            .help(format!("its versions are {}", versions.join(", ")));
    }
    let label = match &call.package {
        Some(package) => format!("package `{package}` has no {kinds} of this name"),
        None => format!("no {kinds} has this name"),
    };
    let problem = told(referrer, code, message).at(span, label);
    match called {
        Called::Ref => problem.suggest(&call.name, lookup.node_names()),
        Called::Function => problem.suggest(&call.name, lookup.function_names()),
    }
}

fn unknown_package(scope: &Scope<'_>, referrer: &Referrer<'_>, call: &RefCall, package: &str) -> Diagnostic {
    let message = format!(
        "{} `{}` refers to `{}` of package `{package}`, which is not installed",
        referrer.noun, referrer.name, call.name
    );
    told(referrer, "unresolved-ref", message)
        .at(place(referrer, call.span.as_ref(), &call.name), "no package has this name")
        .suggest(package, scope.project.packages.iter().map(|package| package.name.as_str()))
}

fn disabled_ref(referrer: &Referrer<'_>, call: &RefCall) -> Diagnostic {
    let message = format!("{} `{}` refers to {}, which is disabled", referrer.noun, referrer.name, written(call));
    told(referrer, "disabled-ref", message)
        .at(place(referrer, call.span.as_ref(), &call.name), "this is switched off")
        .help(format!("set `enabled: true` on `{}`, or disable `{}` too", call.name, referrer.name))
}

fn ambiguous_ref(referrer: &Referrer<'_>, call: &RefCall, ids: &[UniqueId]) -> Diagnostic {
    let packages: Vec<_> = ids.iter().filter_map(|id| id.split('.').nth(1)).collect();
    let message =
        format!("{} `{}` refers to `{}`, which is in several packages", referrer.noun, referrer.name, call.name);
    told(referrer, "ambiguous-ref", message)
        .at(
            place(referrer, call.span.as_ref(), &call.name),
            format!("in {}", packages.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
        )
        .help(format!("name the package: `ref('{}', '{}')`", packages.first().copied().unwrap_or_default(), call.name))
}

fn missing_source(lookup: &Lookup, referrer: &Referrer<'_>, call: &SourceCall) -> Diagnostic {
    let message = format!(
        "{} `{}` reads the source `{}.{}`, which does not exist",
        referrer.noun, referrer.name, call.source, call.table
    );
    let tables = || lookup.source_names().filter(|(source, _)| *source == call.source).map(|(_, table)| table);
    let label = if tables().next().is_some() {
        format!("source `{}` has no such table", call.source)
    } else {
        "no source has this name".to_string()
    };
    let problem =
        told(referrer, "unresolved-source", message).at(place(referrer, call.span.as_ref(), &call.table), label);
    let found = match nearest(&call.table, tables()) {
        Some(table) => Some((call.source.clone(), table.to_string())),
        None => {
            let sources = lookup.source_names().filter(|(_, table)| *table == call.table).map(|(source, _)| source);
            nearest(&call.source, sources).map(|source| (source.to_string(), call.table.clone()))
        }
    };
    match found {
        Some((source, table)) => problem.help(format!("did you mean `source('{source}', '{table}')`?")),
        None => problem,
    }
}

fn disabled_source(referrer: &Referrer<'_>, call: &SourceCall) -> Diagnostic {
    let message = format!(
        "{} `{}` reads the source `{}.{}`, which is disabled",
        referrer.noun, referrer.name, call.source, call.table
    );
    told(referrer, "disabled-source", message)
        .at(place(referrer, call.span.as_ref(), &call.table), "this is switched off")
        .help("set `enabled: true` on the source")
}

/// Private models are for their group; protected ones for their package, where it restricts access.
fn refused(
    scope: &Scope<'_>,
    lookup: &Lookup,
    referrer: &Referrer<'_>,
    call: &RefCall,
    id: &UniqueId,
) -> Option<Diagnostic> {
    let facts = lookup.facts(id)?;
    let access = facts.access?;
    let restricts = || scope.package(facts.package).config.get("restrict-access").and_then(Json::as_bool) == Some(true);
    let is_other_package = facts.package != referrer.package;
    if access == Access::Public || access == Access::Protected && !(is_other_package && restricts()) {
        return None;
    }
    let span = place(referrer, call.span.as_ref(), &call.name);
    let subject = format!("{} `{}` refers to `{}`", referrer.noun, referrer.name, call.name);
    match access {
        Access::Private => {
            let is_same_group = referrer.group.is_some() && referrer.group == facts.group.as_deref();
            if is_same_group && !(is_other_package && restricts()) {
                return None;
            }
            let group = facts.group.as_deref().unwrap_or_default();
            Some(
                Diagnostic::error("private-ref", format!("{subject}, which is private to the group `{group}`"))
                    .at(span, "not for this group")
                    .help(format!(
                        "give `{}` the `group: {group}`, or make `{}` `access: protected`",
                        referrer.name, call.name
                    )),
            )
        }
        Access::Protected | Access::Public => Some(
            Diagnostic::error("protected-ref", format!("{subject}, which is protected within its package"))
                .at(span, "not for other packages")
                .help(format!("make `{}` `access: public`", call.name)),
        ),
    }
}
