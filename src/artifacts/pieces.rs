//! Big files, made in pieces on all cores and written in order.

use std::io::{self, Write};
use std::path::Path;

use rayon::prelude::*;

use super::write_file;

/// Some of a file's bytes, made when they are asked for.
pub(super) type Piece<'a> = Box<dyn Fn() -> serde_json::Result<Vec<u8>> + Sync + 'a>;

/// Items of a list or map that are written as one piece: enough to be worth handing to another thread.
pub(super) const ITEMS_PER_PIECE: usize = 256;

/// The file from its first byte to its last: small enough pieces that all threads have work, and that no more than
/// a few of them are held at once.
///
/// # Errors
/// As [`write_file`].
pub(super) fn write_pieces(path: &Path, pieces: &[Piece<'_>]) -> io::Result<()> {
    write_file(path, |out| put(out, pieces))
}

/// While one handful of pieces goes to the disk, the next is made.
fn put(out: &mut dyn Write, pieces: &[Piece<'_>]) -> io::Result<()> {
    let make = |handful: &[Piece<'_>]| handful.par_iter().map(|piece| piece()).collect::<serde_json::Result<Vec<_>>>();
    let mut made = Vec::new();
    for handful in pieces.chunks(2 * rayon::current_num_threads()) {
        let ready = std::mem::take(&mut made);
        let mut making = Ok(Vec::new());
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| making = make(handful));
            ready.iter().try_for_each(|bytes: &Vec<u8>| out.write_all(bytes))
        })?;
        made = making?;
    }
    made.iter().try_for_each(|bytes| out.write_all(bytes))
}
