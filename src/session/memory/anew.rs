//! Parses a part of a project anew: the files that mean something else than they did, with the files that they
//! describe or are described by.
//!
//! What such a part refers to is read with it, so that names resolve as they do in the whole project. It stands for
//! the whole only where the rest cannot see a difference: everything it gives is called, placed and guarded as before.
//! Only generic tests may come and go.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::kept::{Given, Indexes, Kept, indexes, properties};
use super::{Memory, contents};
use crate::artifacts;
use crate::artifacts::manifest::Mend;
use crate::diagnostic::Diagnostic;
use crate::jinja::Engine;
use crate::manifest::{Disabled, Manifest, Node, NodeKind, RefCall, SourceCall};
use crate::parse::parse_part;
use crate::project::{Project, Survey};
use crate::source::Span;

/// A part that was parsed anew.
pub(super) struct Anew {
    /// The files that are wholly accounted for.
    pub files: HashSet<usize>,
    /// What stands in [`Kept::given`] now.
    given: Vec<Given>,
    /// Nodes and sources as manifest.json has them now.
    written: BTreeMap<String, Vec<u8>>,
    gone: Vec<String>,
    /// New tests, each with the node it stands before.
    new: Vec<(String, String)>,
    /// Macros that count for the whole project.
    pub shared_macros: Vec<String>,
    /// SHA-256 of each text that was read.
    pub contents: HashMap<PathBuf, String>,
}

/// What is asked of a part.
struct Parsed {
    project: Project,
    manifest: Manifest,
    problems: Vec<Diagnostic>,
}

impl Anew {
    /// Parses the part of the project that `changed` is in. `None`: the project must be parsed as a whole.
    pub fn parse(
        survey: &Survey,
        engine: &Engine,
        memory: &Memory,
        kept: &Kept,
        (changed, edited): (&HashSet<usize>, &Project),
    ) -> Option<Self> {
        let part = Part { survey, engine, memory, kept, indexes: indexes(&memory.files) };
        let mut own = changed.clone();
        own.extend(part.described_now(changed, edited));
        part.widen(&mut own);
        // Half the project is no quicker than the whole.
        if own.len() > memory.files.len() / 2 {
            return None;
        }
        let first = part.parse(&own)?;
        let context = part.referred_to(&own, &first.manifest)?;
        let parsed = match context.is_subset(&own) {
            true => first,
            false => part.parse(&own.union(&context).copied().collect())?,
        };
        part.judge(own, changed, parsed)
    }

    pub fn mends(&self) -> impl Iterator<Item = Mend<'_>> {
        let befores: HashMap<&str, &str> = self.new.iter().map(|(id, before)| (id.as_str(), before.as_str())).collect();
        let written = self.written.iter().map(move |(id, json)| match befores.get(id.as_str()) {
            Some(before) => Mend::New { id, before, json },
            None => Mend::Whole { id, json },
        });
        written.chain(self.gone.iter().map(|id| Mend::Gone { id }))
    }

    /// How many tests there are more, or fewer.
    pub fn tests(&self) -> isize {
        self.new.len().cast_signed() - self.gone.len().cast_signed()
    }

    pub fn put_into(self, kept: &mut Kept) {
        kept.given = self.given;
    }
}

/// How a text names what it refers to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Called {
    Ref,
    Source,
    Function,
}

/// Where a part is parsed.
struct Part<'a> {
    survey: &'a Survey,
    engine: &'a Engine,
    memory: &'a Memory,
    kept: &'a Kept,
    indexes: Indexes<'a>,
}

impl Part<'_> {
    /// Files of what the changed property files speak of now.
    fn described_now(&self, changed: &HashSet<usize>, edited: &Project) -> Vec<usize> {
        let changed = properties(edited).filter(|(path, _)| self.is_among(path, changed));
        let sections = changed.flat_map(|(_, yaml)| yaml.root.entries());
        let names: HashSet<&str> =
            sections.flat_map(|(_, items)| items.items()).filter_map(|item| item.get("name")?.as_str()).collect();
        let spoken_of = self.kept.given.iter().filter(|given| is_called(given, &names));
        spoken_of.filter_map(|given| given.file).collect()
    }

    /// Takes in the files that describe what is in the part, and those that hold what it describes.
    fn widen(&self, own: &mut HashSet<usize>) {
        loop {
            let before = own.len();
            for given in &self.kept.given {
                if let (Some(file), Some(properties)) = (given.file, given.properties)
                    && (own.contains(&file) || own.contains(&properties))
                {
                    own.extend([file, properties]);
                }
            }
            if own.len() == before {
                return;
            }
        }
    }

    fn parse(&self, files: &HashSet<usize>) -> Option<Parsed> {
        let paths: HashSet<&Path> = files.iter().map(|index| self.memory.files[*index].path.as_path()).collect();
        let (project, mut problems) = self.survey.read_only(|path| paths.contains(path)).ok()?;
        let (manifest, more) = parse_part(&project, self.engine);
        problems.extend(more);
        Some(Parsed { project, manifest, problems })
    }

    /// Files of what the part refers to, and of what describes that. `None`: one of them is not there.
    fn referred_to(&self, own: &HashSet<usize>, manifest: &Manifest) -> Option<HashSet<usize>> {
        let nodes = manifest.nodes.values().filter(|node| self.is_own_node(node, own));
        let nodes: Vec<&Node> = nodes.map(|node| &**node).collect();
        let refs: HashSet<&str> = nodes.iter().flat_map(|node| &node.refs).map(|call: &RefCall| &*call.name).collect();
        let functions = nodes.iter().flat_map(|node| &node.functions);
        let functions: HashSet<&str> = functions.map(|call| &*call.name).collect();
        let written = |call: &SourceCall| format!("{}.{}", call.source, call.table);
        let sources: HashSet<String> = nodes.iter().flat_map(|node| &node.sources).map(written).collect();
        let sources: HashSet<&str> = sources.iter().map(String::as_str).collect();
        let (mut found, mut files) = (HashSet::new(), HashSet::new());
        for given in &self.kept.given {
            let (called, is_meant, name) = if given.id.starts_with("source.") {
                (Called::Source, sources.contains(given.name()), given.name())
            } else if given.is_function() {
                (Called::Function, functions.contains(given.name()), given.name())
            } else {
                (Called::Ref, is_called(given, &refs), unversioned(given))
            };
            if is_meant {
                found.insert((called, name));
                files.extend(given.file.iter().chain(&given.properties));
            }
        }
        let has = |called: Called, names: &HashSet<&str>| names.iter().all(|name| found.contains(&(called, *name)));
        let is_whole = has(Called::Ref, &refs) && has(Called::Source, &sources) && has(Called::Function, &functions);
        is_whole.then_some(files)
    }

    /// Whether the part can stand for the whole project, and what it came to.
    fn judge(&self, own: HashSet<usize>, changed: &HashSet<usize>, parsed: Parsed) -> Option<Anew> {
        let Parsed { project, manifest, problems } = parsed;
        let is_about_them = |problem: &Diagnostic| {
            // Groups are not read with the part. Those of its nodes are as they were.
            let mut places = problem.labels.iter().map(|label| &label.span);
            problem.code != "unknown-group" && (problem.labels.is_empty() || places.any(|span| self.is_own(span, &own)))
        };
        let has_switched_off = manifest.disabled.values().flatten().any(|disabled| match disabled {
            Disabled::Node(node) => self.is_own_node(node, &own),
            Disabled::Source(table) => self.is_own(&table.span, &own),
            Disabled::Exposure(_) | Disabled::UnitTest(_) | Disabled::Other(_) => true,
        });
        // Metrics and the like may be made of what a property file says of a model.
        let has_others = changed.iter().any(|index| self.kept.properties.contains_key(index))
            && manifest.others.values().any(|other| self.is_own(&other.span, &own));
        // They stand apart in manifest.json, and their overloads have files that are not known here.
        let is_function = |node: &Node| matches!(node.kind, NodeKind::Function(_));
        let has_functions = manifest.nodes.values().any(|node| is_function(node) && self.is_own_node(node, &own));
        if problems.iter().any(is_about_them) || has_switched_off || has_others || has_functions {
            return None;
        }
        let nodes = manifest.nodes.values().filter(|node| self.is_own_node(node, &own));
        let mut now: BTreeMap<String, Given> =
            nodes.map(|node| (node.unique_id.to_string(), Given::node(node, &self.indexes))).collect();
        let sources = manifest.sources.values().filter(|table| self.is_own(&table.span, &own));
        now.extend(sources.map(|table| (table.unique_id.to_string(), Given::source(table, &self.indexes))));
        let written = artifacts::manifest::written(&manifest, |id| now.contains_key(id)).ok()?;
        let mut anew = Anew {
            files: own,
            given: Vec::with_capacity(self.kept.given.len()),
            written: written.into_iter().map(|(id, json)| (id.to_string(), json)).collect(),
            gone: Vec::new(),
            new: Vec::new(),
            shared_macros: manifest.texts.shared_macros.iter().map(ToString::to_string).collect(),
            contents: contents(&project),
        };
        let is_in_group =
            manifest.nodes.values().any(|node| now.contains_key(&*node.unique_id) && node.group.is_some());
        anew.compare(self.kept, now)?;
        // Of a group, manifest.json lists the members.
        let keeps_tests = anew.new.is_empty() && anew.gone.is_empty();
        (keeps_tests || !is_in_group).then_some(anew)
    }

    fn is_among(&self, path: &Path, files: &HashSet<usize>) -> bool {
        self.indexes.get(path).is_some_and(|index| files.contains(index))
    }

    fn is_own(&self, span: &Span, own: &HashSet<usize>) -> bool {
        self.is_among(&span.file.absolute, own)
    }

    fn is_own_node(&self, node: &Node, own: &HashSet<usize>) -> bool {
        let is_of_test = node.declaration().is_some_and(|span| self.is_own(span, own));
        let is_described = node.patch_span.as_ref().is_some_and(|span| self.is_own(span, own));
        is_of_test || is_described || self.is_among(&node.file.absolute, own)
    }
}

impl Anew {
    /// Sets what was given of these files beside what is given now. `None`: the rest of the project would see it.
    fn compare(&mut self, kept: &Kept, mut now: BTreeMap<String, Given>) -> Option<()> {
        let is_own = |given: &Given| given.file.iter().chain(&given.properties).any(|index| self.files.contains(index));
        for then in &kept.given {
            let given = now.remove(&then.id);
            match given {
                Some(given) if given == *then => self.given.push(given),
                Some(_) => return None,
                None if !is_own(then) => self.given.push(then.clone()),
                None if then.is_generic_test() => self.gone.push(then.id.clone()),
                None => return None,
            }
        }
        for (id, given) in now {
            // Nodes come first, each kind of them in order.
            let is_behind = |other: &Given| other.id > id && !other.id.starts_with("source.");
            let place = self.given.iter().position(is_behind).filter(|_| given.is_generic_test())?;
            // Whether the one behind it is new as well, or goes, does not matter to the file as it was.
            let before = kept.given.iter().find(|other| is_behind(other))?;
            self.new.push((id, before.id.clone()));
            self.given.insert(place, given);
        }
        Some(())
    }
}

/// Whether a `ref` to one of these names may mean it.
fn is_called(given: &Given, names: &HashSet<&str>) -> bool {
    let is_kind = ["model.", "seed.", "snapshot.", "test.", "analysis."].iter().any(|kind| given.id.starts_with(kind));
    is_kind && (names.contains(given.name()) || names.contains(unversioned(given)))
}

/// What is said to mean it: without the version that ends a versioned model's id.
fn unversioned(given: &Given) -> &str {
    let name = given.name();
    name.rsplit_once(".v").map_or(name, |(model, _)| model)
}
