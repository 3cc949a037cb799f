//! dbt's package hub: which packages there are, in which versions, and where their archives lie.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use flate2::read::MultiGzDecoder;

use super::archive::{self, Broken};
use super::cache::{Cache, Kept};
use super::fail::Failure;
use crate::ingest::{Answer, Client, Try, copy_body, header, shown_url};
use crate::manifest::{Json, JsonMap};

/// Source: dbt-core 1.12, `clients/registry.py`; `DBT_PACKAGE_HUB_URL` is read as there.
const HUB: &str = "https://hub.getdbt.com/";

/// Fetches files: from the network, or from the cache where that is as good.
pub(super) struct Fetcher {
    client: Client,
    cache: Cache,
    hub: String,
    /// What the hub said in this call.
    answers: Mutex<BTreeMap<String, Arc<Json>>>,
    /// Whether an earlier answer will do where the hub cannot be reached: not for `--upgrade`.
    may_be_old: bool,
    /// How the hub could not be reached, when it was tried: once is enough for all packages.
    unreachable: Mutex<Option<Failure>>,
    /// What was taken from the cache because the network was not there.
    pub stale: Mutex<Vec<String>>,
}

/// One version of a package, as the hub tells it.
pub(super) struct Release {
    pub version: String,
    facts: JsonMap,
}

impl Release {
    /// The name of the package's project.
    pub fn project_name(&self) -> Option<&str> {
        self.facts.get("name")?.as_str()
    }

    /// What it asks for, in the form of packages.yml.
    pub fn packages(&self) -> Json {
        self.facts.get("packages").cloned().unwrap_or(Json::Array(Vec::new()))
    }

    /// Conditions on dbt's own version.
    pub fn dbt_versions(&self) -> Vec<&str> {
        match self.facts.get("require_dbt_version") {
            Some(Json::String(condition)) => vec![condition],
            Some(Json::Array(conditions)) => conditions.iter().filter_map(Json::as_str).collect(),
            _ => Vec::new(),
        }
    }

    pub fn archive_url(&self) -> Option<&str> {
        self.facts.get("downloads")?.get("tarball")?.as_str()
    }
}

impl Fetcher {
    pub fn new(client: Client, cache: Cache, hub: Option<&str>, may_be_old: bool) -> Self {
        let hub = hub.unwrap_or(HUB);
        let hub = if hub.ends_with('/') { hub.to_string() } else { format!("{hub}/") };
        Self {
            client,
            cache,
            hub,
            answers: Mutex::default(),
            may_be_old,
            unreachable: Mutex::default(),
            stale: Mutex::default(),
        }
    }

    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Notes that something of an earlier call is used, because the network is not there.
    pub fn note_stale(&self, what: String) {
        let mut stale = self.stale.lock().unwrap_or_else(PoisonError::into_inner);
        if !stale.contains(&what) {
            stale.push(what);
        }
    }

    pub fn may_be_old(&self) -> bool {
        self.may_be_old
    }

    /// Every name on the hub.
    pub fn index(&self) -> Result<Vec<String>, Failure> {
        let index = self.answer("index", |json| json.is_array())?;
        Ok(index.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_string).collect())
    }

    /// The versions of a package, in the hub's order; and its new name, when it was renamed.
    pub fn releases(&self, package: &str) -> Result<(Vec<Release>, Option<String>), Failure> {
        let answer = self.answer(package, |json| json.get("versions").is_some_and(Json::is_object))?;
        let versions = answer.get("versions").and_then(Json::as_object).into_iter().flatten();
        let releases = versions.filter_map(|(version, facts)| {
            Some(Release { version: version.clone(), facts: facts.as_object()?.clone() })
        });
        Ok((releases.collect(), redirect(&answer)))
    }

    fn answer(&self, name: &str, is_expected: impl Fn(&Json) -> bool) -> Result<Arc<Json>, Failure> {
        if let Some(answer) = self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(Arc::clone(answer));
        }
        let url = format!("{}api/v1/{name}.json", self.hub);
        let key = format!("answer {url}");
        let json = match self.ask(&url, is_expected) {
            Ok(json) => {
                self.keep_answer(&key, &url, &json);
                json
            }
            Err(failure) if failure.is_unreachable => {
                let old = self.old_answer(&key).filter(|_| self.may_be_old).ok_or(failure)?;
                self.note_stale(format!("what the hub says of `{name}`"));
                old
            }
            Err(failure) => return Err(failure),
        };
        let json = Arc::new(json);
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_string(), Arc::clone(&json));
        Ok(json)
    }

    fn ask(&self, url: &str, is_expected: impl Fn(&Json) -> bool) -> Result<Json, Failure> {
        let mut unreachable = self.unreachable.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(failure) = &*unreachable {
            return Err(failure.clone());
        }
        let asked = self.client.get(url, Vec::new, |answer| match read_json(answer) {
            Ok(json) if is_expected(&json) => Try::Done(json),
            Ok(_) => again("the answer is not what a hub says"),
            Err(why) => again(&why),
        });
        asked.map_err(|problem| match problem.code {
            "fetch-failed" => unreachable.insert(Failure::unreachable(&problem)).clone(),
            _ => Failure::refused(&problem),
        })
    }

    /// A cache that cannot be written is no reason to fail.
    fn keep_answer(&self, key: &str, url: &str, json: &Json) {
        let Ok(mut draft) = self.cache.draft() else { return };
        if serde_json::to_writer(&mut draft, json).is_ok() {
            let _ = self.cache.keep(key, &shown_url(url), draft);
        }
    }

    fn old_answer(&self, key: &str) -> Option<Json> {
        match self.cache.find(key) {
            Kept::Whole(path) => serde_json::from_slice(&std::fs::read(path).ok()?).ok(),
            Kept::Damaged | Kept::Nothing => None,
        }
    }

    /// The archive under `key`: out of the cache unless `is_wanted_anew`, else from the address that `url` finds.
    ///
    /// # Errors
    /// It is not in the cache, or damaged there, and cannot be fetched.
    pub fn archive(
        &self,
        key: &str,
        what: &str,
        is_wanted_anew: bool,
        url: impl FnOnce() -> Result<String, Failure>,
    ) -> Result<PathBuf, Failure> {
        let kept = self.cache.find(key);
        if let (Kept::Whole(path), false) = (&kept, is_wanted_anew) {
            return Ok(path.clone());
        }
        let fetched = url().and_then(|url| self.download(key, &url));
        match (fetched, kept) {
            (Err(Failure { is_unreachable: true, .. }), Kept::Whole(path)) if self.may_be_old => {
                self.note_stale(format!("the archive {what}"));
                Ok(path)
            }
            (Err(failure), Kept::Damaged) => {
                Err(failure.note("the cache has a copy, but it is not what was kept: its checksum differs"))
            }
            (fetched, _) => fetched,
        }
    }

    fn download(&self, key: &str, url: &str) -> Result<PathBuf, Failure> {
        let draft = self.client.get(url, Vec::new, |answer| match self.receive(answer) {
            Ok(received) => received,
            Err(error) => Try::Never(Box::new(Failure::unwritable(&error))),
        });
        let draft = draft.map_err(|problem| match problem.code {
            "fetch-failed" => Failure::unreachable(&problem),
            _ => Failure::refused(&problem),
        })?;
        self.cache.keep(key, &shown_url(url), draft).map_err(|error| Failure::from(Failure::unwritable(&error)))
    }

    /// An archive that came whole; one that did not is worth another try.
    fn receive(&self, mut answer: Answer) -> io::Result<Try<tempfile::NamedTempFile>> {
        if answer.status != 200 {
            return Ok(again(&format!("the server answered {}", answer.status)));
        }
        let mut draft = self.cache.draft()?;
        let is_encoded = header(&answer.headers, "content-encoding").is_some_and(|encoding| encoding == "gzip");
        let copied = match is_encoded {
            true => copy_body(&mut MultiGzDecoder::new(answer.body), |bytes| io::Write::write_all(&mut draft, bytes))?,
            false => copy_body(&mut answer.body, |bytes| io::Write::write_all(&mut draft, bytes))?,
        };
        if let Err(why) = copied {
            return Ok(again(&why));
        }
        match archive::check(draft.path()) {
            Ok(()) => Ok(Try::Done(draft)),
            Err(Broken::Unwritable(error)) => Err(error),
            Err(Broken::Cut(why) | Broken::Escapes(why) | Broken::NoPackage(why)) => {
                Ok(again(&format!("what came is not a whole .tar.gz: {why}")))
            }
        }
    }

    pub fn archive_key(&self, package: &str, version: &str) -> String {
        format!("archive {}{package} {version}", self.hub)
    }
}

fn again<T>(why: &str) -> Try<T> {
    Try::Again { why: why.to_string(), retry_after: None }
}

fn read_json(answer: Answer) -> Result<Json, String> {
    let is_encoded = header(&answer.headers, "content-encoding").is_some_and(|encoding| encoding == "gzip");
    let mut bytes = Vec::new();
    let mut body: Box<dyn Read> = if is_encoded { Box::new(MultiGzDecoder::new(answer.body)) } else { answer.body };
    body.read_to_end(&mut bytes).map_err(|error| format!("the connection broke off: {error}"))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("the answer is not JSON: {error}"))
}

/// Source: dbt-core 1.12, `_check_package_redirect`.
fn redirect(answer: &Json) -> Option<String> {
    let text = |key: &str| answer.get(key).and_then(Json::as_str);
    let (namespace, name) = (text("redirectnamespace"), text("redirectname"));
    if namespace.is_none() && name.is_none() {
        return None;
    }
    Some(format!("{}/{}", namespace.or_else(|| text("namespace"))?, name.or_else(|| text("name"))?))
}
