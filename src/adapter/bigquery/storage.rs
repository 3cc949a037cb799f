//! A Cloud Storage bucket: whole objects put, read, listed and removed, over the JSON API.
//!
//! What the lake needs and no more. Names are plain object names (`raw/crimes/part-0.parquet`), never encoded by
//! the caller. An object appears whole or not at all, and every upload is checked against its MD5.
//!
//! ```text
//! let bucket = Bucket::open("gs://my-lake", &target, &invocation)?;
//! match bucket.put("raw/crimes/_manifest.json", Content::Bytes(json), Precondition::Generation(known))? {
//!     Put::Done(object) => …,          // object.generation is the next precondition
//!     Put::Conflict => …,              // somebody else was here first; nothing was changed
//! }
//! ```

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::auth::Tokens;
use super::clock::{Clock, Signal, SystemClock};
use super::error::{ApiError, plain};
use super::settings::{Environment, Keys, storage_base};
use super::transport::{Call, Retry, Transport, TransportParts, percent};
use super::upload::{Measured, WHOLE_BYTES_MAX, send_in_parts, send_whole};
use crate::adapter::{AdapterError, ErrorKind};
use crate::manifest::Json;
use crate::project::{Invocation, Target};
use crate::relation::AdapterKind;

pub use super::upload::Content;

/// Reads and idempotent writes are worth more tries than jobs are.
const RETRY: Retry = Retry { retries: 5, deadline: Duration::from_secs(300) };
const LIST_PAGE: usize = 1000;

/// One bucket, and the right to use it. Cheap to share between threads.
pub struct Bucket {
    transport: Transport,
    name: String,
}

/// What is known of an object without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub name: String,
    pub size: u64,
    /// Grows with every write of this name; the handle for preconditions.
    pub generation: i64,
    /// Base 64; some emulators and composed objects have none.
    pub md5: Option<String>,
}

/// Under which circumstances a write or a removal may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// Whatever is there.
    Any,
    /// There is no object of this name.
    Absent,
    /// The object is still the one that was seen.
    Generation(i64),
}

/// How a conditional write went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    Done(Object),
    /// The precondition did not hold, and nothing was written.
    Conflict,
}

/// Whether an object exists; a failed question is an error, never an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Existence {
    Present(Object),
    Absent,
}

impl Bucket {
    /// `address` is `gs://bucket` or `bucket`. On a BigQuery target the profile's credentials are used, on others
    /// the application default credentials; with `STORAGE_EMULATOR_HOST` set, none.
    ///
    /// # Errors
    /// Credentials that cannot be used.
    pub fn open(address: &str, target: &Target, invocation: &Invocation) -> Result<Self, AdapterError> {
        let clock = Arc::new(SystemClock::default());
        Self::open_with(address, target, invocation, &Environment::from_process(), clock)
    }

    /// [`Self::open`] with the environment and the clock handed in.
    ///
    /// # Errors
    /// Credentials that cannot be used.
    pub fn open_with(
        address: &str,
        target: &Target,
        invocation: &Invocation,
        environment: &Environment,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AdapterError> {
        let (base, is_emulator) = storage_base(environment);
        let tokens = match target.kind {
            _ if is_emulator => Tokens::emulator(),
            AdapterKind::BigQuery => Tokens::from_profile(&target.settings, environment)?,
            AdapterKind::DuckDb => Tokens::application_default(environment)?,
        };
        let quota_project = Keys(&target.settings).text("quota_project");
        let transport =
            Transport::new(TransportParts { base, tokens, clock, seed: invocation.id.clone(), quota_project });
        let name = address.strip_prefix("gs://").unwrap_or(address).trim_matches('/').to_string();
        Ok(Self { transport, name })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// `gs://bucket/name`, as load jobs want it.
    pub fn address(&self, name: &str) -> String {
        format!("gs://{}/{name}", self.name)
    }

    /// Writes an object as a whole. Conditional writes go in one request and should be small (8 MiB and less is
    /// always one request): some emulators check conditions only there.
    ///
    /// # Errors
    /// The content cannot be read, or the bucket refuses; the object is as before.
    pub fn put(&self, name: &str, content: Content<'_>, condition: Precondition) -> Result<Put, AdapterError> {
        let measured = Measured::new(content).map_err(|error| unreadable_content(content, &error))?;
        let metadata = json!({"name": name, "md5Hash": measured.md5});
        let call = Call::new("POST", format!("/upload/storage/v1/b/{}/o", percent(&self.name)))
            .query("name", name)
            .query_if("ifGenerationMatch", condition.generation());
        let is_whole = measured.length <= WHOLE_BYTES_MAX || condition != Precondition::Any;
        let sent = if is_whole {
            send_whole(&self.transport, call, &metadata, &measured, RETRY)
        } else {
            send_in_parts(&self.transport, &call, &metadata, &measured, RETRY)
        };
        let object = match sent {
            Ok(reply) => read_object(&reply.json(), name),
            Err(error) if error.status == Some(412) => return self.settle_conflict(name, &measured),
            Err(error) => return Err(self.explain(error, "write", name)),
        };
        if object.md5.as_ref().is_some_and(|md5| *md5 != measured.md5) {
            return Err(AdapterError::new(
                ErrorKind::Transient,
                format!("`{}` arrived with another checksum than it was sent with", self.address(name)),
            ));
        }
        Ok(Put::Done(object))
    }

    // The answer to a write can be lost and the write sent again; then the condition fails on our own object.
    fn settle_conflict(&self, name: &str, sent: &Measured<'_>) -> Result<Put, AdapterError> {
        match self.exists(name)? {
            Existence::Present(object) if object.md5.as_deref() == Some(&sent.md5) && object.size == sent.length => {
                Ok(Put::Done(object))
            }
            Existence::Present(_) | Existence::Absent => Ok(Put::Conflict),
        }
    }

    /// The whole content; `None` when there is no such object.
    ///
    /// # Errors
    /// The bucket refuses, or is not there.
    pub fn get(&self, name: &str) -> Result<Option<Vec<u8>>, AdapterError> {
        let call = Call::get(self.object_path(name)).query("alt", "media").timeout(Duration::from_secs(300));
        match self.transport.send_retrying(&call, RETRY, &Signal::default()) {
            Ok(reply) => Ok(Some(reply.body)),
            Err(error) if is_no_object(&error) => Ok(None),
            Err(error) => Err(self.explain(error, "read", name)),
        }
    }

    /// Writes an object's content to a file; says whether there was an object.
    ///
    /// # Errors
    /// The bucket refuses, or the file cannot be written.
    pub fn download(&self, name: &str, path: &Path) -> Result<bool, AdapterError> {
        let Some(bytes) = self.get(name)? else { return Ok(false) };
        std::fs::write(path, bytes).map_err(|error| {
            AdapterError::new(ErrorKind::Database, format!("cannot write `{}`: {}", path.display(), plain(&error)))
        })?;
        Ok(true)
    }

    /// # Errors
    /// The bucket refuses, or is not there: then nothing is known of the object.
    pub fn exists(&self, name: &str) -> Result<Existence, AdapterError> {
        match self.transport.send_retrying(&Call::get(self.object_path(name)), RETRY, &Signal::default()) {
            Ok(reply) => Ok(Existence::Present(read_object(&reply.json(), name))),
            Err(error) if is_no_object(&error) => Ok(Existence::Absent),
            Err(error) => Err(self.explain(error, "look at", name)),
        }
    }

    /// Objects whose names begin with `prefix`, by name.
    ///
    /// # Errors
    /// The bucket refuses, or is not there.
    pub fn list(&self, prefix: &str) -> Result<Vec<Object>, AdapterError> {
        let mut objects = Vec::new();
        let mut page = None;
        loop {
            let call = Call::get(format!("/storage/v1/b/{}/o", percent(&self.name)))
                .query("prefix", prefix)
                .query("maxResults", LIST_PAGE.to_string())
                .query_if("pageToken", page);
            let reply = self.transport.send_retrying(&call, RETRY, &Signal::default());
            let body = reply.map_err(|error| self.explain(error, "list", prefix))?.json();
            objects.extend(body["items"].as_array().into_iter().flatten().map(|item| read_object(item, "")));
            match body["nextPageToken"].as_str().filter(|token| !token.is_empty()) {
                Some(token) => page = Some(token.to_string()),
                None => break,
            }
        }
        objects.sort_by(|a: &Object, b| a.name.cmp(&b.name));
        Ok(objects)
    }

    /// Removes an object; one that is not there is as good as removed. Says `false` on a failed precondition.
    ///
    /// # Errors
    /// The bucket refuses, or is not there.
    pub fn delete(&self, name: &str, condition: Precondition) -> Result<bool, AdapterError> {
        let call = Call::new("DELETE", self.object_path(name)).query_if("ifGenerationMatch", condition.generation());
        match self.transport.send_retrying(&call, RETRY, &Signal::default()) {
            Ok(_) => Ok(true),
            Err(error) if is_no_object(&error) => Ok(true),
            Err(error) if error.status == Some(412) => Ok(false),
            Err(error) => Err(self.explain(error, "remove", name)),
        }
    }

    fn object_path(&self, name: &str) -> String {
        format!("/storage/v1/b/{}/o/{}", percent(&self.name), percent(name))
    }

    fn explain(&self, error: ApiError, verb: &str, name: &str) -> AdapterError {
        let is_bucket_missing = error.status == Some(404);
        let mut explained = AdapterError::from(error);
        explained.message = format!("cannot {verb} `{}`: {}", self.address(name), explained.message);
        match explained.kind {
            ErrorKind::NotFound if is_bucket_missing => {
                explained.help(format!("create the bucket `{}` (terraform/ does), or name another", self.name))
            }
            ErrorKind::Denied if explained.help.as_ref().is_none_or(|help| !help.contains("storage.")) => explained
                .help(format!("grant `roles/storage.objectUser` on the bucket `{}` to the account in use", self.name)),
            _ => explained,
        }
    }
}

impl Precondition {
    // Generation 0 is Cloud Storage's word for "no object yet".
    fn generation(self) -> Option<String> {
        match self {
            Self::Any => None,
            Self::Absent => Some("0".to_string()),
            Self::Generation(generation) => Some(generation.to_string()),
        }
    }
}

/// A missing object is an answer; a missing bucket is an error.
fn is_no_object(error: &ApiError) -> bool {
    let is_about_bucket = error.message.to_lowercase().contains("bucket") && !error.message.contains("No such object");
    error.status == Some(404) && !is_about_bucket
}

fn read_object(body: &Json, name: &str) -> Object {
    let number =
        |key: &str| body[key].as_i64().or_else(|| body[key].as_str().and_then(|text| text.parse().ok())).unwrap_or(0);
    Object {
        name: body["name"].as_str().unwrap_or(name).to_string(),
        size: number("size").unsigned_abs(),
        generation: number("generation"),
        md5: body["md5Hash"].as_str().map(str::to_string),
    }
}

fn unreadable_content(content: Content<'_>, error: &std::io::Error) -> AdapterError {
    let message = match content {
        Content::File(path) => format!("cannot read `{}`: {}", path.display(), plain(error)),
        Content::Bytes(_) => error.to_string(),
    };
    AdapterError::new(ErrorKind::Database, message)
}
