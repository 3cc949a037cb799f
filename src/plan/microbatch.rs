//! Microbatch models are not made in batches yet.
//!
//! Built as ordinary incremental ones, their first run would fill them with everything and their second would fail; so
//! they are refused by name before anything is built.

use super::Action;
use crate::diagnostic::Diagnostic;
use crate::manifest::{Manifest, Node, UniqueId};
use crate::source::Span;

/// One problem for each microbatch model that would be built.
pub(super) fn refuse<'a>(manifest: &Manifest, tasks: impl Iterator<Item = (&'a UniqueId, Action)>) -> Vec<Diagnostic> {
    // A strategy of the project's own under this name is one of its macros, and does without batches.
    // Source: dbt-core 1.12, `Manifest.use_microbatch_batches`.
    let own = format!("macro.{}.get_incremental_microbatch_sql", manifest.project_name);
    if manifest.macros.contains_key(own.as_str()) {
        return Vec::new();
    }
    let models = tasks.filter(|(_, action)| *action == Action::Model);
    models
        .filter_map(|(id, _)| manifest.node(id))
        .filter(|node| is_microbatch(node))
        .map(|node| problem(node))
        .collect()
}

fn is_microbatch(node: &Node) -> bool {
    node.config.text("materialized") == Some("incremental")
        && node.config.text("incremental_strategy") == Some("microbatch")
}

fn problem(node: &Node) -> Diagnostic {
    let message = format!("model `{}` is built by `microbatch`, which does not work here yet", node.name);
    let problem = Diagnostic::error("unsupported-strategy", message).at(place(node), "nothing was built");
    problem.help(format!("choose another `incremental_strategy`, or leave it out with `--exclude {}`", node.name))
}

/// The word itself, where the model's own file has it.
fn place(node: &Node) -> Span {
    let words = ["'microbatch'", "\"microbatch\""];
    let text = node.code.text();
    match words.into_iter().find_map(|word| Some((text.find(word)?, word.len()))) {
        Some((at, length)) => {
            let start = node.code.start as usize + at;
            Span::new(&node.file, start..start + length)
        }
        None => node.patch_span.clone().unwrap_or_else(|| Span::start_of(&node.file)),
    }
}
