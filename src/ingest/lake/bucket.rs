//! A lake in a Cloud Storage bucket.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Lake;
use crate::adapter::bigquery::storage::{Bucket, Content, Existence, Precondition, Put};
use crate::adapter::{AdapterError, ErrorKind};
use crate::project::Project;

pub struct BucketLake {
    bucket: Bucket,
    /// With a slash at its end, or empty.
    prefix: String,
    /// Generations of the small files that were read: what is written next must replace just those.
    seen: Mutex<BTreeMap<String, Precondition>>,
}

impl BucketLake {
    /// Opens `gs://bucket/prefix`.
    ///
    /// # Errors
    /// The credentials cannot be used, in words.
    pub fn open(address: &str, project: &Project) -> Result<Self, String> {
        let path = address.strip_prefix("gs://").unwrap_or(address).trim_matches('/');
        let (name, prefix) = path.split_once('/').unwrap_or((path, ""));
        if name.is_empty() {
            return Err(format!("`{address}` names no bucket; write `gs://bucket/prefix`"));
        }
        let prefix = if prefix.is_empty() { String::new() } else { format!("{}/", prefix.trim_end_matches('/')) };
        let bucket = Bucket::open(name, &project.target, &project.invocation).map_err(|error| error.to_string())?;
        Ok(Self { bucket, prefix, seen: Mutex::default() })
    }

    fn object(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn seen(&self) -> MutexGuard<'_, BTreeMap<String, Precondition>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lake for BucketLake {
    fn put(&self, local: &Path, name: &str) -> io::Result<()> {
        self.bucket.put(&self.object(name), Content::File(local), Precondition::Any).map_err(as_io)?;
        fs::remove_file(local)
    }

    fn put_text(&self, name: &str, text: &str) -> io::Result<()> {
        let condition = self.seen().get(name).copied().unwrap_or(Precondition::Any);
        match self.bucket.put(&self.object(name), Content::Bytes(text.as_bytes()), condition).map_err(as_io)? {
            Put::Done(object) => {
                self.seen().insert(name.to_string(), Precondition::Generation(object.generation));
                Ok(())
            }
            Put::Conflict => {
                let message = format!("{} was changed by another run meanwhile", self.address(name));
                Err(io::Error::other(message))
            }
        }
    }

    fn text(&self, name: &str) -> io::Result<Option<String>> {
        // The generation first: should the object change in between, the write that follows meets a conflict.
        let condition = match self.bucket.exists(&self.object(name)).map_err(as_io)? {
            Existence::Present(object) => Precondition::Generation(object.generation),
            Existence::Absent => Precondition::Absent,
        };
        self.seen().insert(name.to_string(), condition);
        if condition == Precondition::Absent {
            return Ok(None);
        }
        let bytes = self.bucket.get(&self.object(name)).map_err(as_io)?;
        bytes.map(String::from_utf8).transpose().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn open(&self, name: &str, scratch: &Path) -> io::Result<PathBuf> {
        let path = scratch.join(name.replace('/', "_"));
        fs::create_dir_all(scratch)?;
        match self.bucket.download(&self.object(name), &path).map_err(as_io)? {
            true => Ok(path),
            false => Err(io::Error::new(io::ErrorKind::NotFound, "there is no such object")),
        }
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        let objects = self.bucket.list(&self.object(prefix)).map_err(as_io)?;
        let names = objects.iter().filter_map(|object| object.name.strip_prefix(&self.prefix));
        Ok(names.map(str::to_string).collect())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.bucket.delete(&self.object(name), Precondition::Any).map_err(as_io).map(|_| ())
    }

    fn address(&self, name: &str) -> String {
        self.bucket.address(&self.object(name))
    }
}

fn as_io(error: AdapterError) -> io::Error {
    let kind = match error.kind {
        ErrorKind::NotFound => io::ErrorKind::NotFound,
        ErrorKind::Denied => io::ErrorKind::PermissionDenied,
        ErrorKind::Connection | ErrorKind::Transient => io::ErrorKind::ConnectionAborted,
        ErrorKind::Database | ErrorKind::Cancelled | ErrorKind::Unsupported => io::ErrorKind::Other,
    };
    let help = error.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    io::Error::new(kind, format!("{}{help}", error.message))
}
