//! One GET, tried again where that can help: connection, 429, 5xx, a body that was cut.
//!
//! Knows nothing of files; what to do with a body is the caller's.

use std::io::{self, Read};
use std::time::Duration;

use sha2::{Digest, Sha256};
use ureq::Agent;
use ureq::http::HeaderMap;

use super::{Pause, shown_url};
use crate::diagnostic::Diagnostic;

const TRIES: u32 = 6;
/// Waits grow from here, doubling, each drawn between nothing and the whole ("full jitter").
const WAIT_FIRST: Duration = Duration::from_millis(500);
const WAIT_MAX: Duration = Duration::from_secs(60);
/// A server that wants longer than this is asked another day.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(600);

pub struct Client {
    agent: Agent,
    pause: Pause,
    /// What the jitter is drawn from: the invocation's id.
    seed: String,
    tries: u32,
}

/// An answer whose body is still to be read.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Box<dyn Read>,
    pub length: Option<u64>,
}

/// How one try went.
pub enum Try<T> {
    Done(T),
    /// Worth another try.
    Again {
        why: String,
        retry_after: Option<Duration>,
    },
    Never(Box<Diagnostic>),
}

impl Client {
    pub fn new(pause: Pause, seed: impl Into<String>) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("tamis/", env!("CARGO_PKG_VERSION")))
            // Always asked the same way: portals give another ETag for another encoding.
            .accept_encoding("gzip")
            .timeout_connect(Some(Duration::from_secs(30)))
            .timeout_recv_response(Some(Duration::from_secs(180)))
            .timeout_per_read(Some(Duration::from_secs(120)))
            .build();
        Self { agent: Agent::new_with_config(config), pause, seed: seed.into(), tries: TRIES }
    }

    /// For small files that somebody waits for.
    pub fn with_tries(self, tries: u32) -> Self {
        Self { tries, ..self }
    }

    /// Asks until `read` is done with an answer, or nothing helps. `headers` is asked before every try.
    ///
    /// # Errors
    /// What the last try met, with the number of tries.
    pub fn get<T>(
        &self,
        url: &str,
        mut headers: impl FnMut() -> Vec<(&'static str, String)>,
        mut read: impl FnMut(Answer) -> Try<T>,
    ) -> Result<T, Box<Diagnostic>> {
        let mut last = String::new();
        for number in 1..=self.tries {
            let (why, retry_after) = match self.one_try(url, &headers(), &mut read) {
                Try::Done(done) => return Ok(done),
                Try::Never(problem) => return Err(problem),
                Try::Again { why, retry_after } => (why, retry_after),
            };
            last = why;
            if retry_after.is_some_and(|wait| wait > RETRY_AFTER_MAX) {
                last.push_str("; it asks to come back much later");
                break;
            }
            if number < self.tries {
                (self.pause)(retry_after.unwrap_or_else(|| self.backoff(url, number)));
            }
        }
        Err(Box::new(
            Diagnostic::error("fetch-failed", format!("cannot fetch {}: {last}", shown_url(url)))
                .note(format!("tried {} times", self.tries))
                .help("check the address and the network; what was loaded before is untouched"),
        ))
    }

    fn one_try<T>(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        read: &mut impl FnMut(Answer) -> Try<T>,
    ) -> Try<T> {
        let mut request = self.agent.get(url);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response = match request.call() {
            Ok(response) => response,
            Err(error) => return failed_call(url, &error),
        };
        let (parts, body) = response.into_parts();
        let status = parts.status.as_u16();
        if matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504) {
            let why = format!("the server answered {status}");
            return Try::Again { why, retry_after: retry_after(&parts.headers) };
        }
        if !matches!(status, 200 | 206 | 304 | 416) {
            return Try::Never(refused(url, status));
        }
        let length = header(&parts.headers, "content-length").and_then(|text| text.parse().ok());
        let body = body.into_with_config().limit(u64::MAX).reader();
        read(Answer { status, headers: parts.headers, body: Box::new(body), length })
    }

    fn backoff(&self, url: &str, number: u32) -> Duration {
        let ceiling = WAIT_FIRST.saturating_mul(1 << number.min(16)).min(WAIT_MAX);
        let digest = Sha256::digest(format!("{} {url} {number}", self.seed));
        let share = f64::from(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])) / f64::from(u32::MAX);
        ceiling.mul_f64(share)
    }
}

/// A header's value as text.
pub fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Seconds only: portals send no dates here, and a date would need a clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    header(headers, "retry-after").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs)
}

fn failed_call<T>(url: &str, error: &ureq::Error) -> Try<T> {
    match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => Try::Never(Box::new(
            Diagnostic::error("fetch-failed", format!("`{}` is not an address: {error}", shown_url(url)))
                .help("write it with its scheme: `https://…`"),
        )),
        ureq::Error::TooManyRedirects | ureq::Error::RedirectFailed => Try::Never(Box::new(Diagnostic::error(
            "fetch-failed",
            format!("{} sends us round in circles: {error}", shown_url(url)),
        ))),
        other => Try::Again { why: other.to_string(), retry_after: None },
    }
}

fn refused(url: &str, status: u16) -> Box<Diagnostic> {
    let problem =
        Diagnostic::error("fetch-refused", format!("cannot fetch {}: the server answered {status}", shown_url(url)));
    Box::new(match status {
        401 | 403 => problem.help("it wants credentials: an app token, or another address"),
        404 | 410 => problem.help("the data has moved: look for its new address"),
        _ => problem,
    })
}

/// Copies a body to its end; tells whether it came whole.
///
/// # Errors
/// The writer's own errors, apart from the network's: those are answered as text.
pub fn copy_body(
    body: &mut dyn Read,
    mut write: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<Result<u64, String>> {
    let mut buffer = vec![0; 1 << 16];
    let mut count = 0;
    loop {
        match body.read(&mut buffer) {
            Ok(0) => return Ok(Ok(count)),
            Ok(read) => {
                write(&buffer[..read])?;
                count += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Ok(Err(format!("the connection broke off after {count} bytes: {error}"))),
        }
    }
}

/// Whether the end of a body can be told from a connection that was cut.
pub fn has_provable_end(answer: &Answer) -> bool {
    let is_chunked =
        header(&answer.headers, "transfer-encoding").is_some_and(|text| text.to_ascii_lowercase().contains("chunked"));
    answer.length.is_some() || is_chunked
}
