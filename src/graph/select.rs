//! From what was asked to which nodes that is: set operations, relatives, tests taken along, kinds of resource.
//! Source: dbt-core 1.12, `dbt.graph.selector`.

use std::collections::{BTreeMap, BTreeSet};

use super::Direction;

use super::method::Matcher;
use super::resource::Resource;
use super::selector::{Combination, Criterion, is_plain_name};
use super::set::NodeSet;
use super::{Command, Graph, Method, PreviousState, ResourceType, Selector, Selectors, pattern};
use crate::diagnostic::Diagnostic;
use crate::manifest::{Manifest, UniqueId};

/// When a test is taken along because what it tests was selected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IndirectSelection {
    /// Any of its parents is selected.
    #[default]
    Eager,
    /// All of its parents are selected.
    Cautious,
    /// All of its parents are selected, or are ancestors of something selected.
    Buildable,
    /// Never.
    Empty,
}

impl IndirectSelection {
    pub const ALL: [Self; 4] = [Self::Eager, Self::Cautious, Self::Buildable, Self::Empty];

    pub fn name(self) -> &'static str {
        match self {
            Self::Eager => "eager",
            Self::Cautious => "cautious",
            Self::Buildable => "buildable",
            Self::Empty => "empty",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// What was asked, as typed.
#[derive(Clone, Copy)]
pub struct Criteria<'a> {
    pub command: Command,
    /// `--select`; empty: everything.
    pub select: &'a [String],
    pub exclude: &'a [String],
    /// `--selector`; `select` and `exclude` are not looked at then.
    pub selector: Option<&'a str>,
    pub indirect: IndirectSelection,
    pub resource_types: &'a [String],
    pub exclude_resource_types: &'a [String],
    /// Of selectors.yml.
    pub selectors: &'a Selectors,
    /// Artifacts of an earlier run: `--state`.
    pub state: Option<&'a PreviousState>,
}

impl<'a> Criteria<'a> {
    /// Everything that `command` works on.
    pub fn everything(command: Command, selectors: &'a Selectors) -> Self {
        Self {
            command,
            select: &[],
            exclude: &[],
            selector: None,
            indirect: IndirectSelection::Eager,
            resource_types: &[],
            exclude_resource_types: &[],
            selectors,
            state: None,
        }
    }
}

/// The nodes that were meant, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    ids: BTreeSet<UniqueId>,
}

impl Selection {
    pub fn contains(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &UniqueId> {
        self.ids.iter()
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

impl FromIterator<UniqueId> for Selection {
    fn from_iter<I: IntoIterator<Item = UniqueId>>(ids: I) -> Self {
        Self { ids: ids.into_iter().collect() }
    }
}

impl Graph {
    /// The nodes that `criteria` mean, and warnings about parts of them that mean nothing.
    ///
    /// # Errors
    /// The criteria cannot be understood, or ask for an earlier state that is not there.
    pub fn select(
        &self,
        manifest: &Manifest,
        criteria: &Criteria<'_>,
    ) -> Result<(Selection, Vec<Diagnostic>), Box<Diagnostic>> {
        let kinds = criteria.command.resource_types(criteria.resource_types, criteria.exclude_resource_types)?;
        let selector = criteria.selector()?;
        let mut evaluation = Evaluation::new(self, manifest, criteria);
        let (selected, _) = evaluation.evaluate(&selector)?;
        let is_kept = |id: &&UniqueId| {
            ResourceType::of(id).is_some_and(|kind| kinds.contains(&kind))
                && (criteria.command.includes_empty_nodes() || !is_empty_node(manifest, id))
                && (criteria.command != Command::SourceFreshness || can_be_stale(manifest, id))
        };
        let selection = selected.iter().map(|position| self.id(position)).filter(is_kept).cloned().collect();
        Ok((selection, evaluation.warnings))
    }
}

/// Nothing but white space in its file: there is nothing to run. Seeds have no code of their own.
fn is_empty_node(manifest: &Manifest, id: &UniqueId) -> bool {
    let Some(node) = manifest.nodes.get(id) else { return false };
    node.kind.resource_type() != "seed" && node.raw_code().trim().is_empty()
}

/// Only a source with a threshold can be asked whether it is fresh.
fn can_be_stale(manifest: &Manifest, id: &UniqueId) -> bool {
    let freshness = manifest.sources.get(id).and_then(|table| table.freshness.as_ref());
    freshness.is_some_and(|freshness| freshness.warn_after.is_some() || freshness.error_after.is_some())
}

impl Criteria<'_> {
    fn selector(&self) -> Result<Selector, Box<Diagnostic>> {
        let is_asked = !self.select.is_empty() || !self.exclude.is_empty();
        match (self.selector, self.selectors.default_name()) {
            (Some(name), _) => match self.selectors.get(name) {
                Some(selector) => Ok(selector.clone()),
                None => Err(unknown_selector(name, self.selectors)),
            },
            (None, Some(default)) if !is_asked => Ok(self.selectors.get(default).cloned().unwrap_or(Selector::All)),
            (None, _) => {
                let included = match self.select {
                    [] => Selector::All,
                    values => Selector::parse("--select", values, self.indirect)?,
                };
                if self.exclude.is_empty() {
                    return Ok(included);
                }
                let excluded = Selector::parse("--exclude", self.exclude, self.indirect)?;
                let combination = Combination::default();
                Ok(Selector::Difference(Box::new(included), Box::new(excluded), combination))
            }
        }
    }
}

fn unknown_selector(name: &str, selectors: &Selectors) -> Box<Diagnostic> {
    let problem = Diagnostic::error("unknown-selector", format!("no selector is named `{name}` in selectors.yml"));
    let problem = problem.suggest(name, selectors.names());
    let known: Vec<_> = selectors.names().collect();
    Box::new(match (problem.help.is_some(), known.is_empty()) {
        (true, _) => problem,
        (false, true) => problem.help("define it in selectors.yml, beside dbt_project.yml"),
        (false, false) => problem.help(format!("use one of {}", known.join(", "))),
    })
}

/// What a selector means: nodes selected, and tests that would be if their other parents were.
type Found = (NodeSet, NodeSet);

struct Evaluation<'a> {
    graph: &'a Graph,
    manifest: &'a Manifest,
    criteria: &'a Criteria<'a>,
    /// Nodes that can be selected: disabled ones stand in no graph, but a config may still say so.
    members: NodeSet,
    /// Names of selectors being resolved, outermost first.
    resolving: Vec<String>,
    resolved: BTreeMap<String, NodeSet>,
    warnings: Vec<Diagnostic>,
}

impl<'a> Evaluation<'a> {
    fn new(graph: &'a Graph, manifest: &'a Manifest, criteria: &'a Criteria<'a>) -> Self {
        let mut members = graph.empty_set();
        for (position, id) in graph.ids().enumerate() {
            if Resource::find(manifest, id).is_some_and(|resource| resource.config().is_enabled()) {
                members.insert(position);
            }
        }
        let resolved = BTreeMap::new();
        Self { graph, manifest, criteria, members, resolving: Vec::new(), resolved, warnings: Vec::new() }
    }

    fn evaluate(&mut self, selector: &Selector) -> Result<Found, Box<Diagnostic>> {
        let (operation, members, combination): (fn(&mut NodeSet, &NodeSet), Vec<&Selector>, _) = match selector {
            Selector::All => return Ok((self.members.clone(), self.graph.empty_set())),
            Selector::One(criterion) => return self.criterion(criterion),
            Selector::Union(members, combination) => (NodeSet::union_with, members.iter().collect(), combination),
            Selector::Intersection(members, combination) => {
                (NodeSet::intersect_with, members.iter().collect(), combination)
            }
            Selector::Difference(included, excluded, combination) => {
                (NodeSet::remove_all, vec![included, excluded], combination)
            }
        };
        let mut result: Option<Found> = None;
        for member in members {
            let (direct, mut either) = self.evaluate(member)?;
            either.union_with(&direct);
            match &mut result {
                None => result = Some((direct, either)),
                Some((all_direct, all_either)) => {
                    operation(all_direct, &direct);
                    operation(all_either, &either);
                }
            }
        }
        let (direct, either) = result.unwrap_or_else(|| (self.graph.empty_set(), self.graph.empty_set()));
        let selected = self.complete_tests(direct, &either, combination.indirect);
        if selected.is_empty() {
            self.warn_of_nothing(selector, combination);
        }
        Ok((selected, either))
    }

    fn criterion(&mut self, criterion: &Criterion) -> Result<Found, Box<Diagnostic>> {
        let mut selected = match criterion.method {
            Method::Selector => self.named(criterion)?,
            _ => self.matching(criterion)?,
        };
        let start = selected.clone();
        if criterion.takes_childrens_parents {
            selected.union_with(&self.relatives(&start, Direction::Outgoing, None));
            let parents = self.relatives(&selected, Direction::Incoming, None);
            selected.union_with(&parents);
        }
        if let Some(depth) = criterion.parents {
            selected.union_with(&self.relatives(&start, Direction::Incoming, depth.limit()));
        }
        if let Some(depth) = criterion.children {
            selected.union_with(&self.relatives(&start, Direction::Outgoing, depth.limit()));
        }
        let indirect = criterion.indirect.unwrap_or(self.criteria.indirect);
        // A named selector has taken its tests along already; doing so again would bring back what it excludes.
        if indirect == IndirectSelection::Empty || criterion.method == Method::Selector {
            return Ok((selected, self.graph.empty_set()));
        }
        Ok(self.take_tests(selected, indirect))
    }

    fn matching(&mut self, criterion: &Criterion) -> Result<NodeSet, Box<Diagnostic>> {
        let matcher = Matcher::new(self.manifest, criterion, self.criteria.state)?;
        let mut found = self.graph.empty_set();
        for position in self.members.iter() {
            let id = self.graph.id(position);
            let Some(resource) = Resource::find(self.manifest, id) else { continue };
            if !matcher.is_match(self.manifest, id, resource) {
                continue;
            }
            found.insert(position);
            match matcher.remark(resource) {
                Some(problem) if problem.is_error() => return Err(Box::new(problem)),
                Some(problem) if !self.warnings.contains(&problem) => self.warnings.push(problem),
                Some(_) | None => {}
            }
        }
        Ok(found)
    }

    /// The union of the named selectors that a pattern matches.
    fn named(&mut self, criterion: &Criterion) -> Result<NodeSet, Box<Diagnostic>> {
        let wanted = criterion.text();
        let selectors = self.criteria.selectors;
        let names: Vec<_> = selectors.names().filter(|name| pattern::matches(&wanted, name)).collect();
        if names.is_empty() {
            return Err(Box::new(unknown_selector(&wanted, selectors).at(criterion.span.clone(), "")));
        }
        let mut found = self.graph.empty_set();
        for name in names {
            if !self.resolved.contains_key(name) {
                self.refuse_ring(name, criterion)?;
                self.resolving.push(name.to_string());
                let selector = selectors.get(name).expect("the name was listed");
                let (selected, _) = self.evaluate(selector)?;
                self.resolving.pop();
                self.resolved.insert(name.to_string(), selected);
            }
            found.union_with(&self.resolved[name]);
        }
        Ok(found)
    }

    fn refuse_ring(&self, name: &str, criterion: &Criterion) -> Result<(), Box<Diagnostic>> {
        let Some(start) = self.resolving.iter().position(|open| open == name) else { return Ok(()) };
        let ring = self.resolving[start..].iter().map(String::as_str).chain([name]);
        let ring = ring.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" → ");
        let problem = Diagnostic::error("cycle", format!("selectors are defined by each other: {ring}"))
            .at(criterion.span.clone(), format!("leads back to `{name}`"))
            .help("take one of these references out");
        Err(Box::new(problem))
    }

    fn relatives(&self, start: &NodeSet, direction: Direction, depth: Option<usize>) -> NodeSet {
        let mut found = self.graph.walk(start, direction, depth);
        found.intersect_with(&self.members);
        found
    }

    /// Tests of the selected nodes: those taken along, and those still waiting for their other parents.
    fn take_tests(&self, selected: NodeSet, indirect: IndirectSelection) -> Found {
        let buildable = match indirect {
            IndirectSelection::Buildable => self.with_ancestors_and_sources(&selected),
            IndirectSelection::Eager | IndirectSelection::Cautious | IndirectSelection::Empty => selected.clone(),
        };
        let mut direct = selected.clone();
        let mut waiting = self.graph.empty_set();
        for position in self.relatives(&selected, Direction::Outgoing, Some(1)).iter() {
            if !is_test(self.graph.id(position)) {
                continue;
            }
            if indirect == IndirectSelection::Eager || self.has_all_parents_in(position, &buildable) {
                direct.insert(position);
            } else {
                waiting.insert(position);
            }
        }
        (direct, waiting)
    }

    /// Adds waiting tests whose parents were all found once the members of a set operation are together.
    fn complete_tests(&self, direct: NodeSet, either: &NodeSet, indirect: IndirectSelection) -> NodeSet {
        let parents = match indirect {
            IndirectSelection::Eager | IndirectSelection::Empty => return direct,
            IndirectSelection::Cautious => direct.clone(),
            IndirectSelection::Buildable => {
                let mut parents = self.relatives(&direct, Direction::Incoming, None);
                parents.union_with(&direct);
                parents
            }
        };
        let mut selected = direct;
        for position in either.iter().filter(|at| self.graph.id(*at).resource_type() == "test") {
            if self.has_all_parents_in(position, &parents) {
                selected.insert(position);
            }
        }
        selected
    }

    fn with_ancestors_and_sources(&self, selected: &NodeSet) -> NodeSet {
        let mut found = self.relatives(selected, Direction::Incoming, None);
        found.union_with(selected);
        for position in self.manifest.sources.keys().filter_map(|id| self.graph.position(id)) {
            found.insert(position);
        }
        found
    }

    fn has_all_parents_in(&self, position: usize, set: &NodeSet) -> bool {
        self.graph.parent_positions(position).all(|parent| set.contains(parent))
    }

    fn warn_of_nothing(&mut self, selector: &Selector, combination: &Combination) {
        let Some(span) = &combination.expected else { return };
        let written = span.text();
        if written.trim().is_empty() {
            let message = format!("`{}` is empty, so it does not match any node", span.file.path);
            let problem = Diagnostic::warning("nothing-selected", message);
            self.warnings.push(problem.help("name what is meant, or leave the flag out"));
            return;
        }
        let mut problem = Diagnostic::warning("nothing-selected", format!("`{written}` does not match any node"));
        let only = match selector {
            Selector::Intersection(members, _) => match members.as_slice() {
                [Selector::One(criterion)] if is_plain_name(criterion) => Some(criterion),
                _ => None,
            },
            Selector::One(_) | Selector::Union(..) | Selector::Difference(..) | Selector::All => None,
        };
        problem = match only {
            Some(criterion) => {
                let wanted = criterion.text();
                let names = || self.manifest.nodes.values().map(|node| node.name.as_str());
                if names().any(|name| name == wanted) {
                    problem.at(span.clone(), "it is disabled, or stands on something that does not exist")
                } else {
                    problem.at(span.clone(), "there is no such node, or it is disabled").suggest(&wanted, names())
                }
            }
            None => problem.at(span.clone(), ""),
        };
        if !self.warnings.contains(&problem) {
            self.warnings.push(problem);
        }
    }
}

fn is_test(id: &UniqueId) -> bool {
    matches!(id.resource_type(), "test" | "unit_test")
}
