//! From a node's code to the SQL that is sent: rendered, with its ephemeral parents inlined as CTEs.

use std::sync::Arc;

use super::runner::Work;
use crate::diagnostic::Diagnostic;
use crate::jinja::{Rendered, RunScope, cte_name};
use crate::manifest::{FunctionFacts, FunctionOverload, Node, NodeKind, UniqueId};
use crate::parse::test_call;
use crate::source::{SourceFile, Span};

/// SQL of a node, and the ephemeral models inside it.
pub(super) struct Compiled {
    pub rendered: Arc<Rendered>,
}

/// Renders the node, inlines its ephemeral parents.
pub(super) fn compile(work: &Work<'_>, node: &Arc<Node>) -> Result<Compiled, Box<Diagnostic>> {
    let scope = scope(work, node);
    if node.language() == "python" && matches!(node.kind, NodeKind::Model(_)) {
        return with_postfix(work, &scope).map(|rendered| Compiled { rendered: Arc::new(rendered) });
    }
    let rendered = work.runner.engine.compile(&scope).map_err(|problem| in_yml(node, problem))?;
    let mut ctes = Vec::new();
    collect_ephemerals(work, node, &mut ctes)?;
    let mut rendered = inject(rendered, &ctes);
    if let NodeKind::Function(function) = &node.kind {
        rendered.overloads = overloads(work, &scope, function)?;
    }
    Ok(Compiled { rendered: Arc::new(rendered) })
}

/// Bodies of a function's overloads, rendered as its own is.
fn overloads(work: &Work<'_>, scope: &RunScope, function: &FunctionFacts) -> Result<Vec<String>, Box<Diagnostic>> {
    let body = |overload: &FunctionOverload| {
        let scope = RunScope { code: overload.code.clone(), ..scope.clone() };
        Ok(work.runner.engine.compile(&scope)?.text)
    };
    function.overloads.iter().map(body).collect()
}

/// A Python model's own code, which is no Jinja, and the code that stands round it.
fn with_postfix(work: &Work<'_>, scope: &RunScope) -> Result<Rendered, Box<Diagnostic>> {
    let file = SourceFile::in_memory("<python postfix>", "{{ py_script_postfix(model) }}");
    let postfix = RunScope { code: Span::new(&file, 0..file.text.len()), ..scope.clone() };
    let postfix = work.runner.engine.compile(&postfix)?.text;
    let code = scope.code.text();
    let origins = vec![(0..code.len(), scope.code.clone())];
    Ok(Rendered { origins, ..Rendered::from_text(format!("{code}\n\n{postfix}")) })
}

fn scope(work: &Work<'_>, node: &Arc<Node>) -> RunScope {
    let mut scope = RunScope { called_macros: Arc::clone(&work.called_macros), ..work.scope(node) };
    if let NodeKind::DataTest(test) = &node.kind
        && let Some(generic) = &test.generic
    {
        let text = test_call(generic);
        let file = SourceFile::in_memory(format!("<test {}>", node.name), text);
        scope.code = Span::new(&file, 0..file.text.len());
    }
    scope
}

/// A problem in the text made for a generic test is the yml's: that is where the author wrote it.
fn in_yml(node: &Node, mut problem: Box<Diagnostic>) -> Box<Diagnostic> {
    if let NodeKind::DataTest(test) = &node.kind
        && let Some(generic) = &test.generic
    {
        problem.or_at(&generic.span, "in this test");
    }
    problem
}

/// Ephemeral ancestors, each once, deepest first, in the order they are referred to.
fn collect_ephemerals(
    work: &Work<'_>,
    node: &Arc<Node>,
    ctes: &mut Vec<(UniqueId, String, Rendered)>,
) -> Result<(), Box<Diagnostic>> {
    for id in &node.depends_on.nodes {
        let Some(parent) = work.runner.manifest.node(id).filter(|parent| parent.is_ephemeral()) else { continue };
        if ctes.iter().any(|(known, _, _)| known == id) {
            continue;
        }
        collect_ephemerals(work, parent, ctes)?;
        let rendered = work.runner.engine.compile(&work.scope(parent))?;
        ctes.push((id.clone(), cte_name(&parent.alias), rendered));
    }
    Ok(())
}

/// Puts CTEs before the query, into its own `with` if it has one.
/// Source: dbt-core 1.12, `inject_ctes_into_sql`: blanks and commas stand where it puts them.
fn inject(query: Rendered, ctes: &[(UniqueId, String, Rendered)]) -> Rendered {
    if ctes.is_empty() {
        return query;
    }
    let at = end_of_with(&query.text);
    let leading = query.text.len() - query.text.trim_start().len();
    let mut built = Builder::default();
    match at {
        Some(at) => built.part(&query, 0, after_blanks(&query.text, at)),
        // As dbt does, after the blanks a test's text begins with.
        None => {
            built.part(&query, 0, leading);
            built.text("with");
        }
    }
    for (index, (_, name, rendered)) in ctes.iter().enumerate() {
        built.text(if index > 0 { ", " } else { "" });
        built.text(&format!(" {name} as (\n"));
        built.part(rendered, 0, rendered.text.len());
        built.text("\n)");
    }
    match at {
        Some(at) => {
            built.text(", ");
            built.part(&query, after_blanks(&query.text, at), query.text.len());
        }
        None => {
            built.text(" ");
            built.part(&query, leading, query.text.len());
        }
    }
    built.rendered
}

fn after_blanks(sql: &str, at: usize) -> usize {
    sql.len() - sql[at..].trim_start().len()
}

/// Builds a text from parts of others, and keeps their origins.
#[derive(Default)]
struct Builder {
    rendered: Rendered,
}

impl Builder {
    fn text(&mut self, text: &str) {
        self.rendered.text.push_str(text);
    }

    fn part(&mut self, from: &Rendered, start: usize, end: usize) {
        let base = self.rendered.text.len();
        for (range, span) in &from.origins {
            let cut = range.start.max(start)..range.end.min(end);
            if cut.start >= cut.end {
                continue;
            }
            let is_literal = range.len() == span.range().len();
            let origin = if is_literal {
                let shift = span.start as usize;
                Span::new(&span.file, shift + (cut.start - range.start)..shift + (cut.end - range.start))
            } else {
                span.clone()
            };
            self.rendered.origins.push((base + cut.start - start..base + cut.end - start, origin));
        }
        self.rendered.text.push_str(&from.text[start..end]);
    }
}

/// The byte after the query's leading `with` (and `recursive`), comments and blanks skipped.
fn end_of_with(sql: &str) -> Option<usize> {
    let start = skip_blanks(sql, 0);
    let after_with = keyword(sql, start, "with")?;
    let next = skip_blanks(sql, after_with);
    Some(keyword(sql, next, "recursive").unwrap_or(after_with))
}

fn keyword(sql: &str, at: usize, word: &str) -> Option<usize> {
    let found = sql.get(at..at + word.len())?;
    let ends = !sql[at + word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    (found.eq_ignore_ascii_case(word) && ends).then_some(at + word.len())
}

pub(super) fn skip_blanks(sql: &str, mut at: usize) -> usize {
    loop {
        let rest = &sql[at..];
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.starts_with("--") || trimmed.starts_with('#') {
            at += trimmed.find('\n').map_or(trimmed.len(), |end| end + 1);
        } else if trimmed.starts_with("/*") {
            at += trimmed.find("*/").map_or(trimmed.len(), |end| end + 2);
        } else {
            return at;
        }
    }
}

/// The query with unit-test inputs as CTEs before it.
pub(super) fn with_inputs(query: Rendered, inputs: &[(String, String)]) -> Rendered {
    let ctes: Vec<(UniqueId, String, Rendered)> = inputs
        .iter()
        .map(|(name, sql)| (UniqueId::from(name.as_str()), name.clone(), Rendered::from_text(sql.clone())))
        .collect();
    inject(query, &ctes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn injected(query: &str) -> String {
        let rendered = |text: &str| Rendered::from_text(text.to_string());
        inject(rendered(query), &[(UniqueId::from("a"), "__dbt__cte__a".to_string(), rendered("select 1"))]).text
    }

    #[test]
    fn ephemerals_join_the_query_own_with() {
        assert_eq!(
            injected("select * from __dbt__cte__a"),
            "with __dbt__cte__a as (\nselect 1\n) select * from __dbt__cte__a"
        );
        assert_eq!(
            injected("-- with\nWITH x as (select 2) select 3"),
            "-- with\nWITH  __dbt__cte__a as (\nselect 1\n), x as (select 2) select 3"
        );
        assert_eq!(injected("with recursive x as (1)"), "with recursive  __dbt__cte__a as (\nselect 1\n), x as (1)");
        assert_eq!(injected("\n select 2"), "\n with __dbt__cte__a as (\nselect 1\n) select 2");
        assert_eq!(injected("without"), "with __dbt__cte__a as (\nselect 1\n) without");
    }
}
