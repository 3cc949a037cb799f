//! The life of a job: submitted once under an id of ours, watched to its end, cancelled when it must stop.
//!
//! The id is known before the first try, so a request whose answer was lost can be sent again: BigQuery answers
//! 409 to the second, and we attach to the first. A statement gets a new id only after its job is known to have
//! failed, and, for scripts, known to have changed nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::answer::{explain, job_error, number};
use super::clock::Signal;
use super::error::{ApiError, is_retryable_reason};
use super::request::{Work, job_body, timeout_ms};
use super::rows;
use super::settings::Settings;
use super::transport::{Body, Call, Retry, Transport, percent};
use super::upload::{Measured, WHOLE_BYTES_MAX, send_in_parts, send_whole};
use crate::adapter::{AdapterError, ErrorKind, Fetch, JobContext, Table};
use crate::manifest::Json;

/// How long the server may hold one question for a query's result.
const POLL: Duration = Duration::from_secs(10);
const POLL_PAUSE_MAX: Duration = Duration::from_secs(5);
/// What a job gets beyond its own timeout before we give up on it, and on its cancellation.
const GRACE: Duration = Duration::from_secs(30);
/// Rows of one page; BigQuery cuts pages at 10 MB itself.
const PAGE_ROWS: usize = 10_000;
/// Reads are worth more tries than `job_retries` gives to jobs.
const READ_RETRIES_MIN: u32 = 3;

/// What the connections of a run share.
pub struct Jobs {
    pub settings: Settings,
    pub transport: Transport,
    pub invocation_id: String,
    running: Mutex<Vec<Arc<Running>>>,
    /// How often each id was derived, so that the same statement run twice is two jobs.
    derived: Mutex<HashMap<String, u32>>,
}

/// A job between its first try and its end.
struct Running {
    id: String,
    location: Mutex<Option<String>>,
    stop: Signal,
}

/// A job that ended well.
pub struct Finished {
    /// The body of `jobs.get`.
    pub job: Json,
    pub table: Table,
    /// Rows of the result, where there is one.
    pub total_rows: Option<i64>,
}

/// A job to run.
pub struct Order<'a> {
    pub work: Work<'a>,
    pub context: &'a JobContext,
    pub fetch: Fetch,
    /// The file of a load job that does not come from a bucket.
    pub content: Option<&'a Measured<'a>>,
}

/// How a job ended badly.
struct Failure {
    error: AdapterError,
    /// Whether it passes by itself, and the job is known to have ended.
    may_retry: bool,
    job: Json,
}

impl From<AdapterError> for Box<Failure> {
    fn from(error: AdapterError) -> Self {
        Self::new(Failure { error, may_retry: false, job: Json::Null })
    }
}

impl Jobs {
    pub fn new(settings: Settings, transport: Transport, invocation_id: String) -> Self {
        Self { settings, transport, invocation_id, running: Mutex::default(), derived: Mutex::default() }
    }

    /// Tries for requests that only read.
    pub fn read_retry(&self) -> Retry {
        Retry { retries: self.settings.job_retries.max(READ_RETRIES_MIN), deadline: self.settings.retry_deadline }
    }

    /// Runs a job to its end.
    ///
    /// # Errors
    /// What BigQuery said, or that the job was cancelled or ran too long.
    pub fn run(&self, order: &Order<'_>) -> Result<Finished, AdapterError> {
        let base = self.derive_id(order);
        let mut attempt = 0;
        loop {
            let id = if attempt == 0 { base.clone() } else { format!("{base}_{attempt}") };
            let running = self.start(id);
            let ended = self.run_once(order, &running);
            self.end(&running);
            let failure = match ended {
                Ok(finished) => return Ok(finished),
                Err(failure) => failure,
            };
            if !failure.may_retry || attempt >= self.settings.job_retries || running.stop.is_raised() {
                return Err(failure.error);
            }
            if let Some(why_not) = self.refuse_retry(&failure.error, &failure.job) {
                return Err(why_not);
            }
            let wait = self.transport.backoff(Duration::from_secs(3)).wait(attempt, None);
            self.transport.clock().pause(wait, &running.stop);
            attempt += 1;
        }
    }

    /// Cancels every job that runs now.
    pub fn cancel_all(&self) {
        let running: Vec<_> = self.running().clone();
        for job in running {
            job.stop.raise();
            // The worker that waits for the job asks again and confirms; this only makes it quick.
            let _ = self.send_cancel(&job);
        }
    }

    fn run_once(&self, order: &Order<'_>, running: &Running) -> Result<Finished, Box<Failure>> {
        let end = self.transport.clock().now()
            + Duration::from_millis(timeout_ms(order.context, &self.settings)).saturating_add(GRACE);
        let body = job_body(&order.work, order.context, &self.settings, &self.invocation_id, &running.id)?;
        let sql = match order.work {
            Work::Query { sql } => Some(sql),
            Work::Load { .. } | Work::Copy { .. } => None,
        };
        let mut job = self.submit(&body, order.content, running).map_err(|error| explain(error, sql))?;
        if let Some(location) = job["jobReference"]["location"].as_str() {
            *running.location() = Some(location.to_string());
        }
        let mut page = None;
        if job["status"]["state"] != "DONE" {
            match self.wait(order, running, end)? {
                Watched::Done(done) => job = done,
                Watched::Complete(first_page) => {
                    page = Some(first_page);
                    job = self.job(running).map_err(|error| explain(error, sql))?;
                }
            }
        }
        if let Some(error) = job_error(&job) {
            return Err(self.failure(error, job, running, sql));
        }
        let is_query = matches!(order.work, Work::Query { .. });
        let (table, total_rows) = if is_query && (page.is_some() || order.fetch != Fetch::Nothing) {
            self.read_rows(order.fetch, page, running).map_err(|error| explain(error, sql))?
        } else {
            (Table::default(), None)
        };
        Ok(Finished { job, table, total_rows })
    }

    fn failure(&self, error: ApiError, job: Json, running: &Running, sql: Option<&str>) -> Box<Failure> {
        if running.stop.is_raised() {
            return cancelled().into();
        }
        let may_retry = error.reason.as_deref().is_some_and(is_retryable_reason);
        Box::new(Failure { error: explain(error, sql), may_retry, job })
    }

    /// Sends the job until it is known to be there.
    fn submit(&self, body: &Json, content: Option<&Measured<'_>>, running: &Running) -> Result<Json, ApiError> {
        let clock = self.transport.clock();
        let end = clock.now() + self.settings.retry_deadline;
        let mut attempt = 0;
        loop {
            let error = match self.insert(body, content) {
                Ok(job) => return Ok(job),
                Err(error) => error,
            };
            if error.status == Some(409) {
                return self.attach(running, &error);
            }
            let wait = self.transport.backoff(Duration::from_secs(3)).wait(attempt, error.retry_after);
            let may_retry = error.is_retryable()
                && attempt < self.settings.job_retries
                && clock.now() + wait <= end
                && !running.stop.is_raised();
            if !may_retry {
                return self.settle(running, error);
            }
            clock.pause(wait, &running.stop);
            attempt += 1;
        }
    }

    fn insert(&self, body: &Json, content: Option<&Measured<'_>>) -> Result<Json, ApiError> {
        let path = format!("/projects/{}/jobs", percent(&self.settings.execution_project));
        let Some(content) = content else {
            let call = Call::new("POST", format!("/bigquery/v2{path}"))
                .body(Body::Json(body))
                .timeout(self.settings.job_creation_timeout);
            return Ok(self.transport.send(&call)?.json());
        };
        let call = Call::new("POST", format!("/upload/bigquery/v2{path}"));
        let reply = if content.length <= WHOLE_BYTES_MAX {
            // Tried again by the caller, which knows what a 409 means.
            send_whole(&self.transport, call, body, content, Retry { retries: 0, deadline: Duration::ZERO })
        } else {
            send_in_parts(&self.transport, &call, body, content, self.read_retry())
        };
        Ok(reply?.json())
    }

    /// The job that an earlier try of ours started.
    fn attach(&self, running: &Running, conflict: &ApiError) -> Result<Json, ApiError> {
        if running.location().is_none() {
            *running.location() = location_in(&conflict.message, &running.id);
        }
        self.job(running)
    }

    /// Every try to submit ended without success: if one of them may have arrived, finds out.
    fn settle(&self, running: &Running, error: ApiError) -> Result<Json, ApiError> {
        let may_have_arrived = error.is_answer_lost || matches!(error.status, Some(500..=599));
        if !may_have_arrived {
            return Err(error);
        }
        match self.job(running) {
            Ok(job) => Ok(job),
            Err(lookup) if lookup.status == Some(404) => Err(error),
            Err(_) => Err(ApiError {
                message: format!("{} (job `{}` may be running all the same)", error.message, running.id),
                ..error
            }),
        }
    }

    fn job(&self, running: &Running) -> Result<Json, ApiError> {
        let path = format!("/bigquery/v2/projects/{}/jobs/{}", percent(&self.settings.execution_project), running.id);
        let call = Call::get(path).query_if("location", running.location().clone());
        Ok(self.transport.send_retrying(&call, self.read_retry(), &Signal::default())?.json())
    }

    fn wait(&self, order: &Order<'_>, running: &Running, end: Duration) -> Result<Watched, Box<Failure>> {
        let clock = self.transport.clock();
        let is_query = matches!(order.work, Work::Query { .. });
        let mut pause = Duration::from_millis(100);
        let mut trouble = Trouble::default();
        loop {
            if running.stop.is_raised() {
                return self.stop(running, cancelled());
            }
            if clock.now() > end {
                let seconds = timeout_ms(order.context, &self.settings) / 1000;
                let message = format!("the job ran longer than {seconds} s and was cancelled");
                let error = AdapterError::new(ErrorKind::Database, message)
                    .help("raise `job_execution_timeout_seconds` of the target, or make the statement cheaper");
                return self.stop(running, error);
            }
            let watched = if is_query { self.poll_query(order.fetch, running) } else { self.poll_job(running) };
            match watched {
                Ok(Some(watched)) => return Ok(watched),
                Ok(None) => trouble = Trouble::default(),
                Err(error) => {
                    if let Some(done) = self.look_after(&error, running) {
                        return Ok(Watched::Done(done));
                    }
                    if !error.is_retryable() {
                        return self.stop(running, explain(error, None));
                    }
                    // Doubling from 5 s to 60 s, as dbt does: the job is not hurt by our waiting.
                    let wait = trouble.wait(clock.now(), &error);
                    if clock.now() + wait > trouble.since + self.settings.retry_deadline {
                        return self.stop(running, explain(error, None));
                    }
                    clock.pause(wait, &running.stop);
                    continue;
                }
            }
            // The server holds a query's poll itself; what is waited here keeps a hasty server from being flooded.
            clock.pause(pause, &running.stop);
            pause = (pause * 2).min(POLL_PAUSE_MAX);
        }
    }

    /// Asks for a query's result, waiting with the server for a while; `None`: not yet.
    fn poll_query(&self, fetch: Fetch, running: &Running) -> Result<Option<Watched>, ApiError> {
        let call = self.results_call(running, first_page_rows(fetch)).query("timeoutMs", POLL.as_millis().to_string());
        let body = self.transport.send(&call.timeout(POLL + GRACE))?.json();
        Ok((body["jobComplete"] == true).then_some(Watched::Complete(body)))
    }

    fn poll_job(&self, running: &Running) -> Result<Option<Watched>, ApiError> {
        let job = self.job(running)?;
        Ok((job["status"]["state"] == "DONE").then_some(Watched::Done(job)))
    }

    /// After a failed poll: the job's own state, if it has ended. A throttled poll says nothing of the job.
    fn look_after(&self, error: &ApiError, running: &Running) -> Option<Json> {
        if error.is_rate_limit() {
            return None;
        }
        self.job(running).ok().filter(|job| job["status"]["state"] == "DONE")
    }

    /// Cancels a job and waits until it has ended; a job that ended well meanwhile is an answer after all.
    fn stop(&self, running: &Running, why: AdapterError) -> Result<Watched, Box<Failure>> {
        let clock = self.transport.clock();
        let end = clock.now() + GRACE;
        let _ = self.send_cancel(running);
        let mut pause = Duration::from_millis(200);
        loop {
            match self.job(running) {
                Ok(job) if job["status"]["state"] == "DONE" => {
                    return match job_error(&job) {
                        None => Ok(Watched::Done(job)),
                        Some(_) => Err(why.into()),
                    };
                }
                Err(error) if error.status == Some(404) => return Err(why.into()),
                Ok(_) | Err(_) if clock.now() > end => {
                    let message =
                        format!("{}; BigQuery did not confirm that job `{}` stopped", why.message, running.id);
                    return Err(AdapterError { message, ..why }.into());
                }
                Ok(_) | Err(_) => {}
            }
            // Not the job's own signal: it is raised already.
            clock.pause(pause, &Signal::default());
            pause = (pause * 2).min(POLL_PAUSE_MAX);
        }
    }

    fn send_cancel(&self, running: &Running) -> Result<(), ApiError> {
        let path =
            format!("/bigquery/v2/projects/{}/jobs/{}/cancel", percent(&self.settings.execution_project), running.id);
        let call = Call::new("POST", path).query_if("location", running.location().clone());
        self.transport.send_retrying(&call, self.read_retry(), &Signal::default()).map(|_| ())
    }

    fn results_call<'a>(&self, running: &Running, row_count: usize) -> Call<'a> {
        let project = percent(&self.settings.execution_project);
        Call::get(format!("/bigquery/v2/projects/{project}/queries/{}", running.id))
            .query("maxResults", row_count.to_string())
            .query("formatOptions.useInt64Timestamp", "true")
            .query_if("location", running.location().clone())
    }

    /// Rows of a finished query, as many as wanted, page by page.
    fn read_rows(
        &self,
        fetch: Fetch,
        first: Option<Json>,
        running: &Running,
    ) -> Result<(Table, Option<i64>), ApiError> {
        let retry = self.read_retry();
        let mut body = match first {
            Some(body) => body,
            None => {
                let call = self.results_call(running, first_page_rows(fetch));
                self.transport.send_retrying(&call, retry, &Signal::default())?.json()
            }
        };
        let fields = body["schema"]["fields"].clone();
        let total_rows = number(&body["totalRows"]);
        let limit = match fetch {
            Fetch::Nothing => return Ok((Table::default(), total_rows)),
            Fetch::Rows { limit } => limit.unwrap_or(usize::MAX),
        };
        let mut table = rows::table(&fields);
        loop {
            let page = body["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
            let wanted = limit - table.rows.len();
            table.rows.extend(page.iter().take(wanted).map(|row| rows::row(&fields, row)));
            let token = body["pageToken"].as_str().filter(|token| !token.is_empty());
            match token {
                Some(token) if table.rows.len() < limit => {
                    let call =
                        self.results_call(running, PAGE_ROWS.min(limit - table.rows.len())).query("pageToken", token);
                    body = self.transport.send_retrying(&call, retry, &Signal::default())?.json();
                }
                Some(_) | None => return Ok((table, total_rows)),
            }
        }
    }

    /// Our own id of a job, the same for every try of it.
    fn derive_id(&self, order: &Order<'_>) -> String {
        let context = order.context;
        let mut hasher = Sha256::new();
        let mut add = |text: &str| {
            hasher.update(text.len().to_be_bytes());
            hasher.update(text);
        };
        add(if context.invocation_id.is_empty() { &self.invocation_id } else { &context.invocation_id });
        add(context.node.as_deref().unwrap_or_default());
        add(&context.sequence.to_string());
        match &order.work {
            Work::Query { sql } => add(sql),
            Work::Load { into, uris, .. } => {
                add("load");
                add(&into.to_string());
                uris.iter().for_each(|uri| add(uri));
                add(order.content.map_or("", |content| &content.md5));
            }
            Work::Copy { from, into, is_append } => {
                add(if *is_append { "append" } else { "copy" });
                add(&into.to_string());
                from.iter().for_each(|relation| add(&relation.to_string()));
            }
        }
        let digest: String = hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        let count = derived.entry(digest.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { format!("tamis_{digest}") } else { format!("tamis_{digest}_r{count}") }
    }

    fn start(&self, id: String) -> Arc<Running> {
        let location = Mutex::new(self.settings.location.clone());
        let running = Arc::new(Running { id, location, stop: Signal::default() });
        self.running().push(Arc::clone(&running));
        running
    }

    fn end(&self, running: &Arc<Running>) {
        self.running().retain(|other| !Arc::ptr_eq(other, running));
    }

    fn running(&self) -> MutexGuard<'_, Vec<Arc<Running>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn location(&self) -> MutexGuard<'_, Option<String>> {
        self.location.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What watching a job ended with.
enum Watched {
    /// The job, done, well or badly.
    Done(Json),
    /// The first page of a query's result; the job itself was not read yet.
    Complete(Json),
}

/// Failed polls in a row.
#[derive(Default)]
struct Trouble {
    since: Duration,
    count: u32,
}

impl Trouble {
    fn wait(&mut self, now: Duration, error: &ApiError) -> Duration {
        if self.count == 0 {
            self.since = now;
        }
        let wait = Duration::from_secs(5 << self.count.min(4)).min(Duration::from_secs(60));
        self.count += 1;
        error.retry_after.map_or(wait, |asked| asked.max(wait))
    }
}

fn cancelled() -> AdapterError {
    AdapterError::new(ErrorKind::Cancelled, "the job was cancelled")
}

fn first_page_rows(fetch: Fetch) -> usize {
    match fetch {
        Fetch::Nothing => 0,
        Fetch::Rows { limit } => limit.unwrap_or(PAGE_ROWS).min(PAGE_ROWS),
    }
}

/// The location in `Already Exists: Job project:EU.tamis_…`.
fn location_in(message: &str, id: &str) -> Option<String> {
    let before = message.split(&format!(".{id}")).next().filter(|before| before.len() < message.len())?;
    let location = before.rsplit(':').next()?;
    let is_location =
        !location.is_empty() && location.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    is_location.then(|| location.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_location_of_a_duplicate_is_read_from_its_message() {
        let told = |message: &str| location_in(message, "tamis_1");
        assert_eq!(told("Already Exists: Job my-project:europe-west3.tamis_1").as_deref(), Some("europe-west3"));
        assert_eq!(told("Already Exists: Job p:tamis_1"), None);
        assert_eq!(told("Already Exists"), None);
    }
}
