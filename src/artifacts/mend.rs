//! Puts into a manifest.json that is right but for a few resources what these are now.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use indexmap::IndexMap;
use memchr::{memmem, memrchr};
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

use super::manifest::{HEAD_END, HEAD_START, head};
use super::metadata::Metadata;
use super::write_file;
use crate::manifest::Macro;
use crate::manifest::shape::macro_json;

/// What is another of a node, source or macro.
pub enum Mend<'a> {
    /// The text of a node, and nothing but the text.
    Text { id: &'a str, raw_code: &'a str, checksum: &'a str },
    /// The text of a macro, and what it calls.
    Macro { found: &'a Macro },
    /// A node or source, as it is written now.
    Whole { id: &'a str, json: &'a [u8] },
    /// A node that was not there; `before` is the node it stands before.
    New { id: &'a str, before: &'a str, json: &'a [u8] },
    /// A node that is there no more.
    Gone { id: &'a str },
}

/// A resource as it is written; what is not touched stays letter for letter.
type Written<'m> = IndexMap<String, &'m RawValue>;

/// Of each resource, what it reads from.
type Parents = IndexMap<String, Vec<String>>;

/// A stretch of the old file, and what comes in its place.
struct Piece {
    start: usize,
    end: usize,
    new: Vec<u8>,
}

/// Writes `path` anew with these changes and this metadata. `false`, and nothing changed, where one of them has no
/// place in it, or makes a resource read from itself.
///
/// # Errors
/// The file cannot be read or written.
pub fn mend(path: &Path, metadata: &Metadata, mut mends: Vec<Mend<'_>>) -> io::Result<bool> {
    let old = fs::read(path)?;
    let Some(body) = memmem::find(&old, HEAD_END).filter(|_| old.starts_with(HEAD_START)) else { return Ok(false) };
    let body = body + HEAD_END.len();
    mends.sort_by(|one, other| one.order().cmp(&other.order()));
    let sources_end = end_of_sources(&old);
    let mut at = body;
    let mut pieces = Vec::new();
    let mut graph = Graph::default();
    for mend in &mends {
        let Some(piece) = mend.piece(&old, (at, sources_end), &mut graph)? else { return Ok(false) };
        at = piece.end;
        pieces.push(piece);
    }
    if !graph.is_empty() {
        let Some(piece) = graph.piece(&old, at)? else { return Ok(false) };
        pieces.push(piece);
    }
    let head = head(metadata)?;
    write_file(path, |out| {
        out.write_all(&head)?;
        let mut at = body;
        for piece in &pieces {
            out.write_all(&old[at..piece.start])?;
            out.write_all(&piece.new)?;
            at = piece.end;
        }
        out.write_all(&old[at..])
    })?;
    Ok(true)
}

/// Where the macros begin: behind all nodes and sources.
fn end_of_sources(old: &[u8]) -> usize {
    memmem::rfind(old, br#"},"macros":{"macro."#).unwrap_or(old.len())
}

/// The resource of this id, from `at` on: where its key and its value begin.
fn find(old: &[u8], at: usize, sources_end: usize, id: &str) -> Option<(usize, usize)> {
    let is_macro = id.starts_with("macro.");
    let stretch = if is_macro { at..old.len() } else { stretch(old, at..sources_end.max(at), id) };
    // Within a text the quotes would be escaped.
    let beginning = format!("\"{id}\":{{\"{}\":", if is_macro { "name" } else { "database" });
    let end = old.len().min(stretch.end + beginning.len());
    let key = stretch.start + memmem::find(&old[stretch.start..end], beginning.as_bytes())?;
    Some((key, key + id.len() + 3))
}

/// Where the key of a node or source can only stand: they are in order, and the file may be a hundred megabytes.
fn stretch(old: &[u8], within: Range<usize>, id: &str) -> Range<usize> {
    const SHORT: usize = 1 << 16;
    let Range { mut start, mut end } = within;
    while end - start > SHORT {
        let middle = start + (end - start) / 2;
        match key_after(old, middle..end) {
            Some((key, other)) if place(other) <= place(id) && key > start => start = key,
            Some((_, other)) if place(other) <= place(id) => break,
            Some(_) | None => end = middle,
        }
    }
    start..end
}

/// The first key of a node or source whose end is in this stretch.
fn key_after(old: &[u8], stretch: Range<usize>) -> Option<(usize, &str)> {
    const KINDS: [&str; 7] = ["model", "seed", "snapshot", "test", "analysis", "operation", "source"];
    let ends = memmem::find_iter(&old[stretch.clone()], br#"":{"database":"#);
    let mut keys = ends.filter_map(|found| {
        let end = stretch.start + found;
        let quote = memrchr(b'"', &old[..end])?;
        Some((quote, std::str::from_utf8(&old[quote + 1..end]).ok()?))
    });
    // Somebody's own keys may stand within a resource.
    keys.find(|(_, key)| key.split_once('.').is_some_and(|(kind, _)| KINDS.contains(&kind)))
}

/// What it is sorted by: nodes come before sources before macros, each in order.
fn place(id: &str) -> (u8, &str) {
    let section = match id.split('.').next() {
        Some("macro") => 2,
        Some("source") => 1,
        Some(_) | None => 0,
    };
    (section, id)
}

/// The value that begins at `start`, and where it ends.
fn value<'m, T: Deserialize<'m>>(old: &'m [u8], start: usize) -> Option<(T, usize)> {
    let mut values = serde_json::Deserializer::from_slice(&old[start..]).into_iter::<T>();
    let value = values.next()?.ok()?;
    Some((value, start + values.byte_offset()))
}

impl Mend<'_> {
    /// Resources stand in the order of their ids, nodes before sources before macros.
    fn order(&self) -> ((u8, &str), bool, &str) {
        let (id, is_there, new) = match self {
            Self::Text { id, .. } | Self::Whole { id, .. } | Self::Gone { id } => (*id, true, ""),
            Self::Macro { found } => (&*found.unique_id, true, ""),
            Self::New { id, before, .. } => (*before, false, *id),
        };
        (place(id), is_there, new)
    }

    /// Where it comes, from `at` on; what it means for who reads from whom goes to the graph.
    fn piece(
        &self,
        old: &[u8],
        (at, sources_end): (usize, usize),
        graph: &mut Graph,
    ) -> serde_json::Result<Option<Piece>> {
        let ((_, id), ..) = self.order();
        let Some((key, start)) = find(old, at, sources_end, id) else { return Ok(None) };
        let Some((written, end)) = value::<Written<'_>>(old, start) else { return Ok(None) };
        let piece = |start, end, new| Some(Piece { start, end, new });
        Ok(match self {
            Self::Text { raw_code, checksum, .. } => {
                let checksum = serde_json::json!({"name": "sha256", "checksum": checksum});
                let values = [("raw_code", to_raw_value(raw_code)?), ("checksum", to_raw_value(&checksum)?)];
                exchanged(written, &values)?.and_then(|new| piece(start, end, new))
            }
            Self::Macro { found } => {
                let now = macro_json(found);
                let values = ["macro_sql", "depends_on"].map(|key| (key, to_raw_value(&now[key])));
                let values = values.into_iter().map(|(key, value)| Ok((key, value?)));
                let values: Vec<_> = values.collect::<serde_json::Result<_>>()?;
                exchanged(written, &values)?.and_then(|new| piece(start, end, new))
            }
            Self::Whole { json, .. } => {
                let now: Written<'_> = serde_json::from_slice(json)?;
                if is_same(&written, &now) {
                    return Ok(piece(end, end, Vec::new()));
                }
                let reads = |of: &Written<'_>| of.get("depends_on").map(|value| value.get().to_string());
                if reads(&written) != reads(&now) {
                    graph.others.insert(id.to_string(), parents(json)?);
                }
                piece(start, end, json.to_vec())
            }
            Self::New { id, before, json } => {
                graph.new.entry((*before).to_string()).or_default().push(((*id).to_string(), parents(json)?));
                piece(key, key, [b"\"", id.as_bytes(), b"\":", json, b","].concat())
            }
            Self::Gone { .. } => {
                graph.gone.insert(id.to_string());
                let has_next = old.get(end) == Some(&b',');
                piece(key, end + 1, Vec::new()).filter(|_| has_next)
            }
        })
    }
}

/// A resource with other values; `None` if it has no place for one of them.
fn exchanged(written: Written<'_>, values: &[(&str, Box<RawValue>)]) -> serde_json::Result<Option<Vec<u8>>> {
    // Bound again, since the new values do not live as long as the file's.
    let mut written = written;
    for (key, value) in values {
        let Some(place) = written.get_mut(*key) else { return Ok(None) };
        *place = value;
    }
    serde_json::to_vec(&written).map(Some)
}

/// Whether nothing but the time differs at which they were made.
fn is_same(then: &Written<'_>, now: &Written<'_>) -> bool {
    then.len() == now.len()
        && then
            .iter()
            .zip(now)
            .all(|((key, then), (other, now))| key == other && (then.get() == now.get() || key == "created_at"))
}

/// What a resource reads from, sorted and without repeats.
fn parents(json: &[u8]) -> serde_json::Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Reader {
        #[serde(default)]
        depends_on: Reads,
    }
    #[derive(Deserialize, Default)]
    struct Reads {
        #[serde(default)]
        nodes: Vec<String>,
    }
    let Reader { depends_on: Reads { mut nodes } } = serde_json::from_slice(json)?;
    nodes.sort();
    nodes.dedup();
    Ok(nodes)
}

/// What changes in who reads from whom.
#[derive(Default)]
struct Graph {
    others: BTreeMap<String, Vec<String>>,
    gone: HashSet<String>,
    /// By the node they stand before.
    new: HashMap<String, Vec<(String, Vec<String>)>>,
}

impl Graph {
    fn is_empty(&self) -> bool {
        self.others.is_empty() && self.gone.is_empty() && self.new.is_empty()
    }

    /// Both maps anew; `None` where they are not found, or something would read from itself.
    fn piece(&self, old: &[u8], at: usize) -> serde_json::Result<Option<Piece>> {
        let (parents_key, children_key) = (br#","parent_map":"#.as_slice(), br#","child_map":"#.as_slice());
        for found in memmem::find_iter(&old[at..], parents_key) {
            let start = at + found;
            let Some((then, end)) = value::<Parents>(old, start + parents_key.len()) else { continue };
            // Keys of this name may stand in what somebody wrote of a resource.
            let is_it = old[end..].starts_with(children_key) && self.others.keys().all(|id| then.contains_key(id));
            let children = value::<Parents>(old, end + children_key.len()).filter(|_| is_it);
            let Some((_, end)) = children else { continue };
            let now = self.parents(then);
            if self.others.keys().any(|id| reads_itself(&now, id)) {
                return Ok(None);
            }
            let mut new = parents_key.to_vec();
            serde_json::to_writer(&mut new, &now)?;
            new.extend_from_slice(children_key);
            serde_json::to_writer(&mut new, &children_of(&now))?;
            return Ok(Some(Piece { start, end, new }));
        }
        Ok(None)
    }

    fn parents(&self, then: Parents) -> Parents {
        let mut now = Parents::with_capacity(then.len());
        for (id, parents) in then {
            now.extend(self.new.get(&id).into_iter().flatten().cloned());
            if self.gone.contains(&id) {
                continue;
            }
            let parents = self.others.get(&id).cloned().unwrap_or(parents);
            now.insert(id, parents);
        }
        now
    }
}

fn reads_itself(parents: &Parents, id: &str) -> bool {
    let mut seen = HashSet::new();
    let mut open = vec![id];
    while let Some(next) = open.pop() {
        for parent in parents.get(next).into_iter().flatten() {
            if parent == id {
                return true;
            }
            if seen.insert(parent) {
                open.push(parent);
            }
        }
    }
    false
}

/// The same the other way round, in the same order; each list sorted.
fn children_of(parents: &Parents) -> IndexMap<&str, Vec<&str>> {
    let mut children: IndexMap<&str, Vec<&str>> = parents.keys().map(|id| (id.as_str(), Vec::new())).collect();
    for (child, parents) in parents {
        for parent in parents {
            if let Some(list) = children.get_mut(parent.as_str()) {
                list.push(child);
            }
        }
    }
    children.values_mut().for_each(|list| list.sort_unstable());
    children
}
