//! Which draft a properties entry describes, and what happens to entries that describe none.

use std::collections::HashMap;

use super::draft::Draft;
use super::kind::ResourceKind;
use super::patch::{Described, Patch};
use super::properties::{Entry, Section};
use super::versions::is_same;
use crate::diagnostic::Diagnostic;

/// Drafts by name, and the patches found for them so far.
pub(crate) struct Matching<'d> {
    drafts: &'d [Draft],
    by_name: HashMap<&'d str, Vec<usize>>,
    pub(crate) patches: Vec<Option<Patch>>,
    /// Whether what is not there may be elsewhere, and nobody is shown what is missing.
    is_part: bool,
    /// Drafts that became a version of a model, and answer to their own name no more.
    is_version: Vec<bool>,
}

impl<'d> Matching<'d> {
    pub(crate) fn new(drafts: &'d [Draft], is_part: bool) -> Self {
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, draft) in drafts.iter().enumerate() {
            by_name.entry(draft.name.as_str()).or_default().push(index);
        }
        let patches = drafts.iter().map(|_| None).collect();
        Self { drafts, by_name, patches, is_part, is_version: vec![false; drafts.len()] }
    }

    /// Gives an entry's patches to the drafts they describe. Whether its node exists is the answer.
    pub(crate) fn apply(
        &mut self,
        entry: &Entry<'_>,
        described: &mut Described,
        problems: &mut Vec<Diagnostic>,
    ) -> bool {
        let patches = std::mem::take(&mut described.patches);
        if described.versions.is_empty() {
            let Some(patch) = patches.into_iter().next() else { return false };
            return match self.find(entry, problems) {
                Found::Drafts(indexes) => {
                    // Disabled twins share the description; dbt patches them all, and so the first stands for them.
                    self.patch(entry, indexes[0], patch, problems);
                    true
                }
                Found::None => {
                    problems.push(self.unmatched(entry, &entry.name));
                    false
                }
                Found::Told => false,
            };
        }
        let mut is_any_found = false;
        for (patch, version) in patches.into_iter().zip(&described.versions) {
            let file = version.defined_in.clone().unwrap_or_else(|| format!("{}_{}", entry.name, version.label()));
            let is_latest = described.latest_version.as_ref().is_some_and(|latest| is_same(latest, &version.v));
            let own = |name: &str| self.enabled(name, Some(entry.package)).first().copied();
            let index = own(&file)
                .or_else(|| if is_latest { own(&entry.name) } else { None })
                .or_else(|| self.disabled(&file, None, ResourceKind::Model).first().copied());
            match index {
                Some(index) => {
                    self.is_version[index] = true;
                    self.patch(entry, index, patch, problems);
                    is_any_found = true;
                }
                None => problems.push(
                    self.unmatched(entry, &file).help(format!("add `{file}.sql`, or name its file with `defined_in`")),
                ),
            }
        }
        is_any_found
    }

    fn patch(&mut self, entry: &Entry<'_>, index: usize, patch: Patch, problems: &mut Vec<Diagnostic>) {
        if let Some(first) = &self.patches[index] {
            problems.push(
                Diagnostic::error(
                    "described-twice",
                    format!("{} `{}` is described twice", self.drafts[index].kind.noun(), entry.name),
                )
                .at(entry.name_span(), "again here")
                .at(first.span.clone(), "first here")
                .help("keep one of the two entries"),
            );
            return;
        }
        self.patches[index] = Some(patch);
    }

    fn find(&self, entry: &Entry<'_>, problems: &mut Vec<Diagnostic>) -> Found {
        let kind = match entry.section {
            Section::Models => ResourceKind::Model,
            Section::Seeds => ResourceKind::Seed,
            Section::Snapshots => ResourceKind::Snapshot,
            Section::Analyses => return self.find_of_kind(entry, ResourceKind::Analysis, None),
            Section::Functions => {
                let own = self.find_of_kind(entry, ResourceKind::Function, Some(entry.package));
                let any = || self.find_of_kind(entry, ResourceKind::Function, None);
                return if matches!(own, Found::None) { any() } else { own };
            }
            Section::DataTests => return self.find_of_kind(entry, ResourceKind::DataTest, Some(entry.package)),
            _ => return Found::Told,
        };
        let mut found = self.enabled(&entry.name, Some(entry.package));
        if found.is_empty() {
            found = self.enabled(&entry.name, None);
        }
        if found.is_empty() {
            let disabled = self.disabled(&entry.name, Some(entry.package), kind);
            return if disabled.is_empty() { Found::None } else { Found::Drafts(disabled) };
        }
        if let Some(same) = found.iter().position(|&index| self.drafts[index].kind == kind) {
            found.swap(0, same);
            return Found::Drafts(found);
        }
        let actual = self.drafts[found[0]].kind;
        problems.push(
            Diagnostic::warning(
                "wrong-section",
                format!("`{}` is a {}, and is described under `{}`", entry.name, actual.noun(), entry.section.key()),
            )
            .at(entry.name_span(), "not taken into account")
            .help(format!("move it under `{}`", actual.project_sections()[0])),
        );
        Found::Told
    }

    fn find_of_kind(&self, entry: &Entry<'_>, kind: ResourceKind, package: Option<usize>) -> Found {
        let named = self.by_name.get(entry.name.as_str()).map(Vec::as_slice).unwrap_or_default();
        let found: Vec<_> = named
            .iter()
            .copied()
            .filter(|&index| {
                let draft = &self.drafts[index];
                draft.kind == kind && package.is_none_or(|package| draft.package == package)
            })
            .collect();
        if found.is_empty() { Found::None } else { Found::Drafts(found) }
    }

    fn enabled(&self, name: &str, package: Option<usize>) -> Vec<usize> {
        self.candidates(name, package).filter(|&index| self.drafts[index].is_enabled()).collect()
    }

    fn disabled(&self, name: &str, package: Option<usize>, kind: ResourceKind) -> Vec<usize> {
        self.candidates(name, package)
            .filter(|&index| !self.drafts[index].is_enabled() && self.drafts[index].kind == kind)
            .collect()
    }

    fn candidates(&self, name: &str, package: Option<usize>) -> impl Iterator<Item = usize> {
        let named = self.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        named.iter().copied().filter(move |&index| {
            let draft = &self.drafts[index];
            draft.kind.is_refable() && !self.is_version[index] && package.is_none_or(|package| draft.package == package)
        })
    }

    fn unmatched(&self, entry: &Entry<'_>, name: &str) -> Diagnostic {
        let section = entry.section;
        let noun = match section {
            Section::DataTests => "singular test",
            Section::Analyses => "analysis",
            section => section.key().trim_end_matches('s'),
        };
        let wanted = match section {
            Section::Models => Some(ResourceKind::Model),
            Section::Seeds => Some(ResourceKind::Seed),
            Section::Snapshots => Some(ResourceKind::Snapshot),
            Section::Analyses => Some(ResourceKind::Analysis),
            Section::DataTests => Some(ResourceKind::DataTest),
            Section::Functions => Some(ResourceKind::Function),
            _ => None,
        };
        let mut known: Vec<_> = self
            .drafts
            .iter()
            .filter(|draft| wanted.is_none_or(|kind| draft.kind == kind) && draft.package == entry.package)
            .filter(|_| !self.is_part)
            .map(|draft| draft.name.as_str())
            .collect();
        known.sort_unstable();
        Diagnostic::warning("unmatched-patch", format!("{noun} `{name}` is described, but does not exist"))
            .at(entry.name_span(), format!("no {noun} has this name"))
            .suggest(name, known)
    }
}

enum Found {
    /// Never empty.
    Drafts(Vec<usize>),
    None,
    /// What is wrong was said already.
    Told,
}
