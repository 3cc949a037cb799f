//! Puts other texts into a manifest.json that is right but for them.

use std::fs;
use std::io;
use std::path::Path;

use indexmap::IndexMap;
use memchr::memmem;
use serde_json::value::{RawValue, to_raw_value};

use super::manifest::{HEAD_END, HEAD_START, head};
use super::metadata::Metadata;
use super::write_file;
use crate::manifest::Node;
use crate::manifest::shape::node_json;

/// A text that is another.
pub enum Mend<'a> {
    Node { id: &'a str, raw_code: &'a str, checksum: &'a str },
    Description { node: &'a Node },
    Macro { id: &'a str, sql: &'a str },
}

/// A resource as it is written; what is not touched stays letter for letter.
type Written<'m> = IndexMap<String, &'m RawValue>;

/// Writes `path` anew with these texts and this metadata. `false`, and nothing changed, where one of them has no place
/// in it.
///
/// # Errors
/// The file cannot be read or written.
pub fn mend(path: &Path, metadata: &Metadata, mut mends: Vec<Mend<'_>>) -> io::Result<bool> {
    let old = fs::read(path)?;
    let Some(body) = memmem::find(&old, HEAD_END).filter(|_| old.starts_with(HEAD_START)) else { return Ok(false) };
    let body = body + HEAD_END.len();
    // Resources stand in the order of their ids, nodes before macros.
    mends.sort_by(|one, other| one.order().cmp(&other.order()));
    let mut at = body;
    let mut pieces: Vec<(usize, usize, Vec<u8>)> = Vec::new();
    for mend in &mends {
        let Some((start, end, written)) = find(&old, at, mend) else { return Ok(false) };
        let Some(new) = mend.apply(written)? else { return Ok(false) };
        pieces.push((start, end, new));
        at = end;
    }
    let head = head(metadata)?;
    write_file(path, |out| {
        out.write_all(&head)?;
        let mut at = body;
        for (start, end, new) in &pieces {
            out.write_all(&old[at..*start])?;
            out.write_all(new)?;
            at = *end;
        }
        out.write_all(&old[at..])
    })?;
    Ok(true)
}

/// The resource that is meant, from `at` on: where it begins and ends, and what is written of it.
fn find<'m>(old: &'m [u8], at: usize, mend: &Mend<'_>) -> Option<(usize, usize, Written<'m>)> {
    let (is_macro, id) = mend.order();
    let first_key = if is_macro { "name" } else { "database" };
    // Within a text the quotes would be escaped.
    let beginning = format!("\"{id}\":{{\"{first_key}\":");
    let start = at + memmem::find(&old[at..], beginning.as_bytes())? + id.len() + 3;
    let mut resources = serde_json::Deserializer::from_slice(&old[start..]).into_iter::<Written<'m>>();
    let written = resources.next()?.ok()?;
    Some((start, start + resources.byte_offset(), written))
}

impl Mend<'_> {
    fn order(&self) -> (bool, &str) {
        match self {
            Self::Node { id, .. } => (false, id),
            Self::Description { node } => (false, &node.unique_id),
            Self::Macro { id, .. } => (true, id),
        }
    }

    /// The resource with its new text; `None` if it has no such text.
    fn apply(&self, written: Written<'_>) -> serde_json::Result<Option<Vec<u8>>> {
        let new = match self {
            Self::Node { raw_code, checksum, .. } => vec![
                ("raw_code", to_raw_value(raw_code)?),
                ("checksum", to_raw_value(&serde_json::json!({"name": "sha256", "checksum": checksum}))?),
            ],
            Self::Description { node } => {
                let now = node_json(node);
                let keys = ["description", "columns", "doc_blocks"];
                keys.into_iter().map(|key| Ok((key, to_raw_value(&now[key])?))).collect::<serde_json::Result<_>>()?
            }
            Self::Macro { sql, .. } => vec![("macro_sql", to_raw_value(sql)?)],
        };
        // Bound again, since the new values do not live as long as the file's.
        let mut written = written;
        for (key, value) in &new {
            let Some(place) = written.get_mut(*key) else { return Ok(None) };
            *place = value;
        }
        serde_json::to_vec(&written).map(Some)
    }
}
