//! The comment that a project has written into its statements: `query-comment` of dbt_project.yml.
//!
//! Source: dbt-adapters, `base/query_headers.py`. Where the project says nothing, nothing is written; dbt would write
//! a line of JSON of its own.

use std::collections::BTreeMap;

use crate::adapter::Comment;
use crate::diagnostic::Diagnostic;
use crate::jinja::{Engine, RunScope};
use crate::manifest::{Json, JsonMap, shape};
use crate::project::Project;
use crate::relation::AdapterKind;
use crate::source::{SourceFile, Span};

/// What the project asks for.
struct Asked {
    text: String,
    is_appended: bool,
    is_label: bool,
}

impl Asked {
    fn read(project: &Project) -> Option<Self> {
        let given = project.package(project.name())?.config.get("query-comment")?;
        let (text, map) = match given {
            Json::String(text) => (text.clone(), None),
            Json::Object(map) => (map.get("comment").and_then(Json::as_str)?.to_string(), Some(map)),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) => return None,
        };
        let flag = |key: &str| map.and_then(|map| map.get(key)).and_then(Json::as_bool).unwrap_or(false);
        let is_label = flag("job-label") || flag("job_label");
        (!text.trim().is_empty()).then(|| Self { text, is_appended: flag("append"), is_label })
    }
}

/// A comment, and the labels it stands for on BigQuery.
pub(super) struct Written {
    pub comment: Comment,
    pub labels: BTreeMap<String, String>,
}

/// The comment for statements in the scope that `scope` makes, if the project has one.
///
/// # Errors
/// Its Jinja is wrong, or what it gives would end the comment early.
pub(super) fn comment(
    project: &Project,
    engine: &Engine,
    scope: impl FnOnce() -> RunScope,
) -> Result<Option<Written>, Box<Diagnostic>> {
    let Some(asked) = Asked::read(project) else { return Ok(None) };
    let scope = scope();
    let wrong = |mut problem: Box<Diagnostic>| {
        problem.notes.push("this is `query-comment` of dbt_project.yml".to_string());
        problem
    };
    let file = SourceFile::in_memory("query-comment", asked.text);
    let connection = scope.node.as_ref().map_or("master", |node| &node.unique_id);
    let node = scope.node.as_ref().map_or(Json::Null, |node| Json::Object(shape::node_json(node)));
    let arguments = [("connection_name".to_string(), connection.into()), ("node".to_string(), node)];
    let code = Span::new(&file, 0..file.text.len());
    let scope = RunScope { code, ..scope };
    let text = engine.evaluate(&scope, &JsonMap::from_iter(arguments)).map_err(wrong)?.trim().to_string();
    if text.contains("*/") {
        let problem = Diagnostic::error("invalid-config", format!("a query comment must not contain `*/`: {text}"));
        return Err(wrong(Box::new(problem)));
    }
    let has_labels = asked.is_label && scope.project.target.kind == AdapterKind::BigQuery;
    let labels = if has_labels { labels(&text) } else { BTreeMap::new() };
    Ok((!text.is_empty()).then_some(Written { comment: Comment { text, is_appended: asked.is_appended }, labels }))
}

/// A comment of JSON gives a label for each of its keys, any other one label.
fn labels(text: &str) -> BTreeMap<String, String> {
    match serde_json::from_str(text) {
        Ok(Json::Object(map)) => {
            let value = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_string);
            map.iter().map(|(key, given)| (label(key), label(&value(given)))).collect()
        }
        _ => BTreeMap::from([("query_comment".to_string(), label(text))]),
    }
}

/// Most letters of a label.
/// Source: BigQuery documentation, "Introduction to labels", Requirements for labels.
const LABEL_LETTERS_MAX: usize = 63;

fn label(text: &str) -> String {
    let letter = |letter: char| if letter.is_alphanumeric() || "_-".contains(letter) { letter } else { '_' };
    text.to_lowercase().chars().map(letter).take(LABEL_LETTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::labels;

    #[test]
    fn a_comment_of_json_gives_a_label_for_each_key() {
        let given: Vec<_> = labels(r#"{"App": "dbt++", "n": 1}"#).into_iter().collect();
        assert_eq!(given, [("app".to_string(), "dbt__".to_string()), ("n".to_string(), "1".to_string())]);
        let given: Vec<_> = labels("run by Ada").into_iter().collect();
        assert_eq!(given, [("query_comment".to_string(), "run_by_ada".to_string())]);
    }
}
