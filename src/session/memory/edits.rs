//! After an edit: where only texts of models, tests, analyses and macros are others, or descriptions and comments in
//! property files, and all else that they mean is as it was, nothing else of the project need be read again.
//!
//! What every text came to is kept beside the last parse, in `target/partial_parse_texts.json`. The edited texts, and
//! those that call an edited macro, are read anew; as soon as one of them comes to anything else, or there is anything
//! to say, the whole project is parsed.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::hash::{BuildHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use foldhash::quality::FixedState;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Memory, Seen, hexadecimal};
use crate::artifacts::manifest::Mend;
use crate::artifacts::{self, Metadata};
use crate::diagnostic::Diagnostic;
use crate::jinja::{self, Engine};
use crate::manifest::{Macro, Manifest, Node, NodeKind, UniqueId};
use crate::parse::{TextNow, parse, read_texts};
use crate::project::yaml::{Yaml, YamlFile, YamlKind};
use crate::project::{Project, Survey};
use crate::session::Settings;

const FILE: &str = "partial_parse_texts.json";

/// Files are named by their index in [`Memory::files`], macros by theirs in `macros`.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// The parse it belongs to.
    of: String,
    macros: Vec<String>,
    shared_macros: BTreeSet<usize>,
    texts: HashMap<usize, Text>,
    macro_files: HashMap<usize, MacroFile>,
    properties: HashMap<usize, Properties>,
}

#[derive(Serialize, Deserialize)]
struct Text {
    id: String,
    digest: Option<u64>,
    macros: Vec<usize>,
}

#[derive(Serialize, Deserialize)]
struct MacroFile {
    macros: Vec<usize>,
    /// Of all that can be seen of them without running them.
    digest: u64,
}

#[derive(Serialize, Deserialize)]
struct Properties {
    /// Of all that it means.
    digest: u64,
    /// The same without descriptions of models and seeds, and of their columns.
    shape: u64,
    /// What it describes.
    files: Vec<usize>,
}

/// Keeps what the texts of a parse came to. That it cannot be kept is no problem of this one.
pub(super) fn keep(memory: &Memory, project: &Project, engine: &Engine, manifest: &Manifest) {
    let kept = Kept::of(memory, project, engine, manifest);
    let _ = artifacts::write_json(&project.target_path.join(FILE), &kept);
}

/// Takes in edits of the files with these indexes. `None`: the project must be parsed as a whole.
pub(in crate::session) fn take_in(
    memory: &mut Memory,
    settings: &Settings,
    survey: &Survey,
    files: &[Seen],
    edited: &[usize],
) -> Option<()> {
    let target_path = &survey.settings().target_path;
    let mut kept: Kept = serde_json::from_slice(&fs::read(target_path.join(FILE)).ok()?).ok()?;
    if kept.of != memory.texts_of || !kept.fits(files) {
        return None;
    }
    let again = kept.to_be_read(edited)?;
    let paths: HashSet<&Path> = again.iter().chain(edited).map(|index| files[*index].path.as_path()).collect();
    let speaks = |problem: &Diagnostic| {
        problem.is_error() || problem.labels.iter().any(|label| paths.contains(label.span.file.absolute.as_path()))
    };
    if memory.told.iter().any(|told| told.speaks_of(&paths)) {
        return None;
    }
    let (project, problems) = survey.read_only(|path| paths.contains(path)).ok()?;
    let (engine, more) = Engine::new(&project);
    let (texts, about_macros) = read_texts(&project, &engine);
    let is_quiet = !problems.iter().chain(&more).chain(&about_macros).any(speaks);
    let by_path: HashMap<&Path, &TextNow> = texts.iter().map(|text| (text.read.path.as_path(), text)).collect();
    let text_now = |index: usize| by_path.get(files[index].path.as_path());
    let are_same = again.iter().all(|index| text_now(*index).is_some_and(|now| kept.is_same_text(*index, now)));
    let macro_files = macro_files(&engine);
    let now = Now { project: &project, macro_files: &macro_files, texts: &by_path, files };
    if !is_quiet || !are_same || !edited.iter().all(|index| kept.means_the_same(*index, &now)) {
        return None;
    }
    let reworded = kept.reworded(edited, &now);
    let described = described(survey, &engine, &kept, &reworded, files)?;
    let knows_variables = jinja::variables_read().iter().all(|name| memory.variables.contains(name));
    if jinja::asked_the_time() || !knows_variables {
        return None;
    }
    let contents = edited.iter().map(|index| Some((*index, now.contents(*index)?))).collect::<Option<Vec<_>>>()?;
    if settings.writes_json {
        let path = artifacts::manifest::path(target_path);
        let mut mends = kept.mends(edited, &now);
        mends.extend(described.iter().map(|node| Mend::Description { node }));
        if !memory.has_manifests(target_path)
            || !artifacts::manifest::mend(&path, &Metadata::of(&project), mends).ok()?
        {
            return None;
        }
    }
    for (index, contents) in contents {
        memory.files[index].contents = Some(contents);
    }
    if !reworded.is_empty() {
        for (index, digest) in reworded {
            kept.properties.entry(index).and_modify(|properties| properties.digest = digest);
        }
        artifacts::write_json(&target_path.join(FILE), &kept).ok()?;
    }
    Some(())
}

/// The nodes that these property files describe, as they describe them now; all but their descriptions is left out of
/// account, since what they refer to is not read with them.
fn described(
    survey: &Survey,
    engine: &Engine,
    kept: &Kept,
    reworded: &HashMap<usize, u64>,
    files: &[Seen],
) -> Option<Vec<Arc<Node>>> {
    if reworded.is_empty() {
        return Some(Vec::new());
    }
    let described: HashSet<usize> = reworded.keys().flat_map(|index| &kept.properties[index].files).copied().collect();
    // Half the project is no quicker than the whole.
    if described.len() > files.len() / 2 {
        return None;
    }
    let paths: HashSet<&Path> =
        described.iter().chain(reworded.keys()).map(|index| files[*index].path.as_path()).collect();
    let (project, problems) = survey.read_only(|path| paths.contains(path)).ok()?;
    let (manifest, more) = parse(&project, engine);
    let is_about_them = |problem: &Diagnostic| {
        let is_of_the_rest =
            ["unresolved-ref", "unresolved-source", "disabled-ref", "disabled-source", "unknown-group"];
        let mut places = problem.labels.iter().map(|label| label.span.file.absolute.as_path());
        !is_of_the_rest.contains(&problem.code) && places.any(|path| paths.contains(path))
    };
    if problems.iter().chain(&more).any(is_about_them) || !manifest.disabled.is_empty() {
        return None;
    }
    let own = properties(&project).map(|(path, _)| path).collect::<HashSet<_>>();
    let nodes = manifest
        .nodes
        .into_values()
        .filter(|node| node.patch_span.as_ref().is_some_and(|span| own.contains(span.file.absolute.as_path())));
    Some(nodes.collect())
}

/// The edited files as they are now.
struct Now<'a> {
    project: &'a Project,
    macro_files: &'a HashMap<PathBuf, Vec<&'a Arc<Macro>>>,
    texts: &'a HashMap<&'a Path, &'a TextNow>,
    files: &'a [Seen],
}

impl Now<'_> {
    fn macros(&self, index: usize) -> &[&Arc<Macro>] {
        self.macro_files.get(&self.files[index].path).map(Vec::as_slice).unwrap_or_default()
    }

    fn yaml(&self, index: usize) -> Option<&YamlFile> {
        let path = self.files[index].path.as_path();
        properties(self.project).find(|(other, _)| *other == path).map(|(_, yaml)| yaml)
    }

    /// SHA-256 of a file's text.
    fn contents(&self, index: usize) -> Option<String> {
        let path = self.files[index].path.as_path();
        let of_text = || Some(self.texts.get(path)?.code.file.text.as_str());
        let of_macros = || Some(self.macros(index).first()?.file.text.as_str());
        let of_properties = || Some(self.yaml(index)?.file.text.as_str());
        let text = of_text().or_else(of_macros).or_else(of_properties)?;
        Some(hexadecimal(Sha256::digest(text)))
    }
}

impl Kept {
    fn of(memory: &Memory, project: &Project, engine: &Engine, manifest: &Manifest) -> Self {
        let indexes: HashMap<&Path, usize> =
            memory.files.iter().enumerate().map(|(index, seen)| (seen.path.as_path(), index)).collect();
        let macros: Vec<UniqueId> = engine.macros().map(|found| found.unique_id.clone()).collect();
        let numbers: HashMap<&UniqueId, usize> = macros.iter().enumerate().map(|(number, id)| (id, number)).collect();
        let number = |id: &UniqueId| numbers.get(id).copied();
        let nodes = manifest.nodes.values().filter(|node| match &node.kind {
            NodeKind::Model(_) | NodeKind::Analysis => true,
            NodeKind::DataTest(test) => test.generic.is_none(),
            NodeKind::Seed(_) | NodeKind::Snapshot | NodeKind::Hook(_) => false,
        });
        let ids: HashMap<&Path, &UniqueId> =
            nodes.map(|node| (node.file.absolute.as_path(), &node.unique_id)).collect();
        let mut shared_macros: BTreeSet<usize> = manifest.texts.shared_macros.iter().filter_map(number).collect();
        let serves_otherwise = serving_otherwise(project, manifest);
        let mut texts = HashMap::new();
        for read in &manifest.texts.read {
            let path = read.path.as_path();
            let macros: Vec<usize> = read.macros.iter().filter_map(number).collect();
            let known = (ids.get(path), indexes.get(path));
            match known {
                (Some(id), Some(index)) if !serves_otherwise.contains(path) => {
                    texts.insert(*index, Text { id: id.to_string(), digest: read.digest, macros });
                }
                // Of a node that is switched off, for one.
                _ => shared_macros.extend(macros),
            }
        }
        let macro_files = macro_files(engine).into_iter().filter_map(|(path, found)| {
            let macros = found.iter().filter_map(|found| number(&found.unique_id)).collect();
            Some((*indexes.get(path.as_path())?, MacroFile { macros, digest: digest_of_macros(&found) }))
        });
        let mut describes: HashMap<&Path, Vec<usize>> = HashMap::new();
        for node in manifest.nodes.values() {
            let file = indexes.get(node.file.absolute.as_path());
            if let (Some(file), Some(span)) = (file, &node.patch_span) {
                describes.entry(span.file.absolute.as_path()).or_default().push(*file);
            }
        }
        let files: Vec<_> = properties(project).collect();
        let properties = files
            .into_par_iter()
            // A snapshot in YAML has the checksum of the whole file.
            .filter(|(_, yaml)| yaml.root.get("snapshots").is_none())
            .filter_map(|(path, yaml)| {
                let files = describes.get(path).cloned().unwrap_or_default();
                let (digest, shape) = (digest_of_yaml(&yaml.root, false), digest_of_yaml(&yaml.root, true));
                Some((*indexes.get(path)?, Properties { digest, shape, files }))
            });
        Self {
            of: memory.texts_of.clone(),
            macros: macros.iter().map(ToString::to_string).collect(),
            shared_macros,
            texts,
            macro_files: macro_files.collect(),
            properties: properties.collect(),
        }
    }

    /// Texts that call a macro of an edited file, and the edited texts. `None`: more depends on one of the files.
    fn to_be_read(&self, edited: &[usize]) -> Option<Vec<usize>> {
        let mut macros: HashSet<usize> = HashSet::new();
        for index in edited {
            let kinds = [
                self.texts.contains_key(index),
                self.macro_files.contains_key(index),
                self.properties.contains_key(index),
            ];
            if kinds.into_iter().filter(|is_kind| *is_kind).count() != 1 {
                return None;
            }
            macros.extend(self.macro_files.get(index).iter().flat_map(|file| &file.macros));
        }
        if macros.iter().any(|number| self.shared_macros.contains(number)) {
            return None;
        }
        let is_touched =
            |index: &usize, text: &Text| edited.contains(index) || text.macros.iter().any(|it| macros.contains(it));
        Some(self.texts.iter().filter(|(index, text)| is_touched(index, text)).map(|(index, _)| *index).collect())
    }

    /// Whether its indexes and numbers are all of something: the file lies where anybody may change it.
    fn fits(&self, files: &[Seen]) -> bool {
        let described = self.properties.values().flat_map(|properties| &properties.files);
        let mut indexes =
            self.texts.keys().chain(self.macro_files.keys()).chain(self.properties.keys()).chain(described);
        let mut numbers = self.texts.values().flat_map(|text| &text.macros);
        indexes.all(|index| *index < files.len()) && numbers.all(|number| *number < self.macros.len())
    }

    fn is_same_text(&self, index: usize, now: &TextNow) -> bool {
        let Some(then) = self.texts.get(&index) else { return false };
        let called = then.macros.iter().map(|number| self.macros[*number].as_str());
        let calls_the_same = now.read.macros.iter().map(|id| &**id).eq(called);
        let is_quiet = now.problems.is_empty() && then.digest.is_some();
        is_quiet && calls_the_same && then.digest == now.read.digest
    }

    /// Whether an edited file of macros or properties means what it meant. Texts were compared already.
    fn means_the_same(&self, index: usize, now: &Now<'_>) -> bool {
        if self.texts.contains_key(&index) {
            return true;
        }
        if let Some(file) = self.macro_files.get(&index) {
            return digest_of_macros(now.macros(index)) == file.digest;
        }
        let shape = self.properties.get(&index).map(|properties| properties.shape);
        shape.is_some() && now.yaml(index).map(|yaml| digest_of_yaml(&yaml.root, true)) == shape
    }

    /// Property files with other descriptions, and their new digests.
    fn reworded(&self, edited: &[usize], now: &Now<'_>) -> HashMap<usize, u64> {
        let edited = edited.iter().filter_map(|index| Some((*index, self.properties.get(index)?)));
        let digests = edited.filter_map(|(index, then)| {
            let digest = digest_of_yaml(&now.yaml(index)?.root, false);
            (digest != then.digest).then_some((index, digest))
        });
        digests.collect()
    }

    /// What is another in manifest.json.
    fn mends<'n>(&'n self, edited: &[usize], now: &'n Now<'_>) -> Vec<Mend<'n>> {
        let mut mends = Vec::new();
        for index in edited {
            if let (Some(kept), Some(text)) = (self.texts.get(index), now.texts.get(now.files[*index].path.as_path())) {
                mends.push(Mend::Node { id: &kept.id, raw_code: text.code.text().trim(), checksum: &text.checksum });
            }
            for found in now.macros(*index) {
                mends.push(Mend::Macro { id: &found.unique_id, sql: found.block.text() });
            }
        }
        mends
    }
}

/// Files of texts that are read for something else besides, or twice.
fn serving_otherwise<'p>(project: &'p Project, manifest: &'p Manifest) -> HashSet<&'p Path> {
    let files = project.packages.iter().map(|package| &package.files);
    let others = files.flat_map(|files| [&files.snapshots, &files.functions, &files.docs, &files.fixtures]);
    let mut found: HashSet<&Path> = others.flatten().map(|file| file.file.absolute.as_path()).collect();
    let mut seen = HashSet::new();
    found.extend(manifest.texts.read.iter().map(|read| read.path.as_path()).filter(|path| !seen.insert(*path)));
    found
}

/// Macros of the project's packages by the file they are written in.
fn macro_files(engine: &Engine) -> HashMap<PathBuf, Vec<&Arc<Macro>>> {
    let mut files: HashMap<PathBuf, Vec<_>> = HashMap::new();
    for found in engine.macros().filter(|found| !found.file.is_made_up()) {
        files.entry(found.file.absolute.clone()).or_default().push(found);
    }
    files
}

/// Names, arguments, what they may call, and the words in quotes, among which others look for names of configs.
fn digest_of_macros(macros: &[&Arc<Macro>]) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    for found in macros {
        (&found.unique_id, &found.signature, &found.depends_on, &found.supported_languages).hash(&mut hasher);
        quoted_words(found.block.text()).hash(&mut hasher);
    }
    hasher.finish()
}

fn quoted_words(text: &str) -> BTreeSet<&str> {
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
    let quotes = text.match_indices(['\'', '"']);
    let words = quotes.filter_map(|(at, quote)| {
        let rest = &text[at + 1..];
        let word = &rest[..rest.find(|character| !is_part(character)).unwrap_or(rest.len())];
        (!word.is_empty() && rest[word.len()..].starts_with(quote)).then_some(word)
    });
    words.collect()
}

fn properties(project: &Project) -> impl Iterator<Item = (&Path, &YamlFile)> {
    let files = project.packages.iter().flat_map(|package| &package.files.properties);
    files.map(|file| (file.yaml.file.absolute.as_path(), &file.yaml))
}

/// Of the values and their order, wherever they are written; with or without the descriptions of models and seeds.
fn digest_of_yaml(root: &Yaml, leaves_out: bool) -> u64 {
    /// Which maps have descriptions: the root's, those of its items, those of their columns.
    #[derive(Clone, Copy, PartialEq)]
    enum Place {
        Root,
        Item,
        Column,
        Other,
    }
    fn put(yaml: &Yaml, place: Place, hasher: &mut impl Hasher) {
        std::mem::discriminant(&yaml.kind).hash(hasher);
        match &yaml.kind {
            YamlKind::Null => {}
            YamlKind::Bool(value) => value.hash(hasher),
            YamlKind::Int(value) => value.hash(hasher),
            YamlKind::Float(value) => value.to_bits().hash(hasher),
            YamlKind::Text(text) | YamlKind::Date(text) => text.hash(hasher),
            YamlKind::List(items) => {
                items.len().hash(hasher);
                items.iter().for_each(|item| put(item, place, hasher));
            }
            YamlKind::Map(entries) => {
                // Versions have descriptions of their own, and take over their model's.
                let has_own = matches!(place, Place::Item | Place::Column) && yaml.get("versions").is_none();
                let is_left_out = |(key, value): &&(Yaml, Yaml)| {
                    has_own && key.as_str() == Some("description") && matches!(value.kind, YamlKind::Text(_))
                };
                for (key, value) in entries.iter().filter(|entry| !is_left_out(entry)) {
                    let below = match (place, key.as_str()) {
                        (Place::Root, Some("models" | "seeds")) => Place::Item,
                        (Place::Item, Some("columns")) if has_own => Place::Column,
                        _ => Place::Other,
                    };
                    put(key, Place::Other, hasher);
                    put(value, below, hasher);
                }
                // The end, so that what follows is not taken for another entry.
                u8::MAX.hash(hasher);
            }
        }
    }
    let mut hasher = FixedState::default().build_hasher();
    put(root, if leaves_out { Place::Root } else { Place::Other }, &mut hasher);
    hasher.finish()
}
