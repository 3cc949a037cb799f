//! Snapshots that are written in properties alone: `relation: ref('x')`, with no file of their own.

use super::calls::{Target, target};
use super::checksum;
use super::config::ConfigRequest;
use super::draft::{Draft, fqn_prefix};
use super::kind::ResourceKind;
use super::properties::{Entry, invalid};
use super::scope::Scope;
use crate::diagnostic::Diagnostic;
use crate::jinja::Captured;
use crate::manifest::{JsonMap, RefCall, SourceCall};
use crate::source::{SourceFile, Span};

/// The draft of such a snapshot; `None` for entries that describe a snapshot block.
pub(crate) fn draft(scope: &Scope<'_>, entry: &Entry<'_>, problems: &mut Vec<Diagnostic>) -> Option<Draft> {
    let written = entry.data.get("relation")?;
    let place = entry.span(entry.yaml.get("relation").unwrap_or(entry.yaml));
    let relation = written.as_str().unwrap_or_default();
    let mut captured = Captured::default();
    match target(relation) {
        Some(Target::Ref { package, name, version }) => {
            captured.refs.push(RefCall { package, name, version, span: Some(place) });
        }
        Some(Target::Source { source, table }) => {
            captured.sources.push(SourceCall { source, table, span: Some(place) });
        }
        None => problems.push(
            invalid(format!("`relation` of snapshot `{}` is no `ref` or `source`", entry.name))
                .at(place, "names nothing")
                .help("write `relation: ref('the_model')`"),
        ),
    }
    // Its query is made here; problems with it are told at the entry.
    let file =
        SourceFile::in_memory(format!("<snapshot {}>", entry.name), format!("select * from {{{{ {relation} }}}}"));
    let mut fqn = fqn_prefix(&scope.package(entry.package).name, &entry.file.path);
    fqn.push(entry.name.clone());
    let empty = JsonMap::new();
    let request =
        ConfigRequest { kind: ResourceKind::Snapshot, package: entry.package, fqn: &fqn, patch: &empty, call: &empty };
    let resolved = scope.configs.resolve(&request);
    Some(Draft {
        kind: ResourceKind::Snapshot,
        package: entry.package,
        name: entry.name.clone(),
        path: format!("{}.sql", entry.name),
        original_file_path: entry.file.original_file_path.clone(),
        fqn,
        code: Span::new(&file, 0..file.text.len()),
        file,
        checksum: checksum::of_text(&entry.file.yaml.file.text),
        captured,
        call: JsonMap::new(),
        resolved,
        hook: None,
        is_quiet: false,
    })
}
