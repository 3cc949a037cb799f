//! Big files, made in pieces on all cores and written in order.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::write_file;

/// Some of a file's bytes, made when they are asked for.
pub(super) type Piece<'a> = Box<dyn Fn() -> serde_json::Result<Vec<u8>> + Sync + 'a>;

/// Items of a list or map that are written as one piece: enough to be worth handing to another thread.
pub(super) const ITEMS_PER_PIECE: usize = 64;

/// Pieces for each thread that may wait to be written: all that is held of a file.
const AHEAD: usize = 4;

/// The file from its first byte to its last.
///
/// # Errors
/// As [`write_file`].
pub(super) fn write_pieces(path: &Path, pieces: &[Piece<'_>]) -> io::Result<()> {
    write_file(path, |out| put(out, pieces))
}

/// While one piece goes to the disk, the next ones are made. Threads of their own make them, since the caller may be
/// one of the pool, and waits here.
fn put(out: &mut dyn Write, pieces: &[Piece<'_>]) -> io::Result<()> {
    let threads = rayon::current_num_threads();
    let line = Line { window: AHEAD * threads, ..Line::default() };
    thread::scope(|scope| {
        for _ in 0..threads.min(pieces.len()) {
            scope.spawn(|| line.make(pieces));
        }
        let put = (0..pieces.len()).try_for_each(|index| {
            let bytes = line.take(index)?;
            out.write_all(&bytes)
        });
        line.close();
        put
    })
}

/// Pieces on their way from those who make them to the one who writes them.
#[derive(Default)]
struct Line {
    window: usize,
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    /// The next piece to be made, and the next to be written.
    next: usize,
    wanted: usize,
    ready: HashMap<usize, serde_json::Result<Vec<u8>>>,
    is_closed: bool,
}

impl Line {
    fn make(&self, pieces: &[Piece<'_>]) {
        let _closing = CloseOnPanic(self);
        let mut state = self.lock();
        while !state.is_closed && state.next < pieces.len() {
            if state.next >= state.wanted + self.window {
                state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let index = state.next;
            state.next += 1;
            drop(state);
            let piece = pieces[index]();
            state = self.lock();
            state.ready.insert(index, piece);
            self.moved.notify_all();
        }
    }

    /// Waits for a piece.
    fn take(&self, index: usize) -> serde_json::Result<Vec<u8>> {
        let mut state = self.lock();
        loop {
            if let Some(piece) = state.ready.remove(&index) {
                state.wanted = index + 1;
                self.moved.notify_all();
                return piece;
            }
            if state.is_closed {
                return Err(serde::ser::Error::custom("not all of it could be made"));
            }
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn close(&self) {
        self.lock().is_closed = true;
        self.moved.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever waits for a piece must not wait for ever.
struct CloseOnPanic<'l>(&'l Line);

impl Drop for CloseOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_in_order_and_an_error_ends_it() {
        let mut out = Vec::new();
        let pieces: Vec<Piece<'_>> =
            (0..200).map(|number| Box::new(move || Ok(format!("{number} ").into_bytes())) as Piece<'_>).collect();
        put(&mut out, &pieces).expect("it is written");
        assert_eq!(out, (0..200).flat_map(|number| format!("{number} ").into_bytes()).collect::<Vec<_>>());

        let broken = || Err(serde::ser::Error::custom("broken"));
        let pieces: Vec<Piece<'_>> = vec![Box::new(|| Ok(b"a".to_vec())), Box::new(broken), Box::new(broken)];
        assert_eq!(put(&mut Vec::new(), &pieces).expect_err("it is told").to_string(), "broken");
    }
}
