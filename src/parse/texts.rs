//! What reading a text came to, in short: see [`TextRead`].

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::quality::FixedState;
use rayon::prelude::*;
use serde_json::json;

use super::draft::{Draft, of_file};
use super::kind::ResourceKind;
use super::scope::Scope;
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, TextRead};
use crate::project::PackageFile;
use crate::source::Span;

/// A text that was read anew.
pub struct TextNow {
    pub read: TextRead,
    pub code: Span,
    pub checksum: String,
    pub problems: Vec<Diagnostic>,
}

/// Reads every model, singular test and analysis of a project.
pub(super) fn read(scope: &Scope<'_>) -> Vec<TextNow> {
    let mut files: Vec<(ResourceKind, usize, &PackageFile)> = Vec::new();
    for (index, package) in scope.project.packages.iter().enumerate() {
        let files_of = [
            (ResourceKind::Model, &package.files.models),
            (ResourceKind::DataTest, &package.files.tests),
            (ResourceKind::Analysis, &package.files.analyses),
        ];
        for (kind, list) in files_of {
            files.extend(list.iter().map(|file| (kind, index, file)));
        }
    }
    let drafted = files.par_iter().map(|(kind, package, file)| of_file(scope, *kind, *package, file));
    let drafted: Vec<_> = drafted.collect();
    drafted
        .into_iter()
        .flat_map(|(drafts, problems)| {
            let mut problems = Some(problems);
            drafts.into_iter().map(move |draft| TextNow {
                problems: problems.take().unwrap_or_default(),
                read: text_read(&draft),
                code: draft.code,
                checksum: draft.checksum,
            })
        })
        .collect()
}

/// Whether a draft is all that its file gives.
pub(super) fn is_alone(draft: &Draft) -> bool {
    let is_kind = matches!(draft.kind, ResourceKind::Model | ResourceKind::DataTest | ResourceKind::Analysis);
    is_kind && !draft.path.ends_with(".py") && !draft.file.absolute.as_os_str().is_empty()
}

pub(super) fn text_read(draft: &Draft) -> TextRead {
    TextRead {
        path: draft.file.absolute.clone(),
        digest: draft.is_quiet.then(|| digest(draft)),
        macros: draft.captured.entered.clone(),
    }
}

fn digest(draft: &Draft) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    let captured = &draft.captured;
    // As texts: the order of keys counts, since manifest.json keeps it.
    let mut put = |value: Json| value.to_string().hash(&mut hasher);
    for call in &captured.refs {
        put(json!([call.package, call.name, call.version]));
    }
    for call in &captured.sources {
        put(json!([call.source, call.table]));
    }
    for call in &captured.functions {
        put(json!(["function", call.package, call.name]));
    }
    put(json!([captured.metrics, captured.configs]));
    captured.macros.hash(&mut hasher);
    // An empty text is no model.
    draft.code.text().trim().is_empty().hash(&mut hasher);
    hasher.finish()
}
