//! DuckDB in our own process: one database instance per run, one connection per worker.
//!
//! `profile` says what the target asks for, `connection` runs SQL, `load` fills tables from files, `cell` reads
//! results, `error` turns DuckDB's words into ours. Nothing outside this folder sees the crate's types.

mod cell;
mod connection;
mod error;
mod load;
mod profile;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use ::duckdb::{Config, Connection as RawConnection, InterruptHandle};

use super::{Adapter, AdapterError, AdapterKind, Connection};
use crate::project::Target;
use connection::DuckDbConnection;
use profile::Profile;

/// A DuckDB database, opened when the first worker connects: commands that never ask it leave its file alone.
pub struct DuckDb {
    profile: Profile,
    /// Keeps the instance alive; workers get clones of it.
    base: Mutex<Option<RawConnection>>,
    /// Counts calls of `cancel`; a connection made before the last one is stopped for good.
    generation: Arc<AtomicU64>,
    running: Mutex<Vec<Weak<Running>>>,
}

/// What `cancel` needs to know of a connection.
struct Running {
    handle: Arc<InterruptHandle>,
    has_statement: AtomicBool,
}

/// Times a running statement is interrupted anew. DuckDB forgets an interrupt that arrives just before a
/// statement begins, so one is not enough.
const INTERRUPTS_MAX: usize = 20;
const INTERRUPT_PAUSE: Duration = Duration::from_millis(5);

impl DuckDb {
    /// Reads the target's settings; relative paths are taken from `root`.
    ///
    /// # Errors
    /// A setting has the wrong shape, or asks for something that needs Python or a hosted service.
    pub fn open(target: &Target, root: &Path) -> Result<Arc<dyn Adapter>, AdapterError> {
        Ok(Arc::new(Self {
            profile: Profile::read(target, root)?,
            base: Mutex::new(None),
            generation: Arc::new(AtomicU64::new(0)),
            running: Mutex::new(Vec::new()),
        }))
    }

    fn open_database(&self) -> Result<RawConnection, AdapterError> {
        self.profile.check_folder()?;
        let mut attempt = 1;
        let base = loop {
            match self.try_open() {
                Err(error) if attempt < self.profile.connect_attempts && error::is_lock(&error) => {
                    thread::sleep(Duration::from_secs(1 << attempt.min(6)));
                    attempt += 1;
                }
                Err(error) => return Err(error::of_open(&error, &self.profile.path)),
                Ok(base) => break base,
            }
        };
        for statement in self.profile.database_statements(&base) {
            base.execute_batch(&statement.sql).map_err(|error| error::of_setting(&error, &statement.about))?;
        }
        Ok(base)
    }

    fn try_open(&self) -> ::duckdb::Result<RawConnection> {
        let mut config = Config::default();
        for (key, value) in &self.profile.config_options {
            config = config.with(key, value)?;
        }
        RawConnection::open_with_flags(&self.profile.path, config)
    }
}

impl Adapter for DuckDb {
    fn kind(&self) -> AdapterKind {
        AdapterKind::DuckDb
    }

    fn has_transactions(&self) -> bool {
        true
    }

    fn connect(&self) -> Result<Box<dyn Connection>, AdapterError> {
        let generation = self.generation.load(Ordering::SeqCst);
        let raw = {
            let mut base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
            let base = match &mut *base {
                Some(base) => base,
                empty => empty.insert(self.open_database()?),
            };
            base.try_clone().map_err(|error| error::of_open(&error, &self.profile.path))?
        };
        for statement in self.profile.session_statements(&raw) {
            raw.execute_batch(&statement.sql).map_err(|error| error::of_setting(&error, &statement.about))?;
        }
        let running = Arc::new(Running { handle: raw.interrupt_handle(), has_statement: AtomicBool::new(false) });
        {
            let mut all = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|other| other.strong_count() > 0);
            all.push(Arc::downgrade(&running));
        }
        Ok(Box::new(DuckDbConnection::new(raw, running, Arc::clone(&self.generation), generation)))
    }

    fn cancel(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        for _ in 0..INTERRUPTS_MAX {
            let all = self.running.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let busy: Vec<_> = all
                .iter()
                .filter_map(Weak::upgrade)
                .filter(|running| running.has_statement.load(Ordering::SeqCst))
                .collect();
            if busy.is_empty() {
                return;
            }
            for running in &busy {
                running.handle.interrupt();
            }
            thread::sleep(INTERRUPT_PAUSE);
        }
    }
}
