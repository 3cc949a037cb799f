//! One thin, blocking HTTP transport: JSON or bytes in, JSON or bytes out, and every fact of an error kept.
//!
//! Knows hosts and tokens, retries what may be tried again; knows nothing of jobs, tables or buckets.
//! A bearer token goes into one header and nowhere else; addresses of upload sessions stay out of errors too.

use std::sync::Arc;
use std::time::Duration;

use ureq::http::{HeaderMap, Request, Uri};

use super::auth::Tokens;
use super::clock::{Backoff, Clock, Signal};
use super::error::{ApiError, plain, read_error};
use crate::manifest::Json;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Sends requests to one Google service, or to something that stands in for it.
pub struct Transport {
    agent: ureq::Agent,
    /// `https://bigquery.googleapis.com`, without a slash at the end.
    base: String,
    tokens: Arc<Tokens>,
    clock: Arc<dyn Clock>,
    /// Makes the jitter of this run its own: the invocation's id.
    seed: String,
    /// Project that pays for the quota, from `quota_project`.
    quota_project: Option<String>,
    user_agent: String,
}

/// One request. `path` is appended to the transport's base unless it is a whole address.
#[derive(Clone)]
pub struct Call<'a> {
    pub method: &'static str,
    pub path: String,
    pub query: Vec<(&'static str, String)>,
    pub headers: Vec<(&'static str, String)>,
    pub body: Body<'a>,
    /// Longest wait for the answer's first byte.
    pub timeout: Duration,
}

#[derive(Clone, Copy)]
pub enum Body<'a> {
    Empty,
    Json(&'a Json),
    Bytes { content_type: &'a str, bytes: &'a [u8] },
}

impl<'a> Call<'a> {
    pub fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Empty,
            timeout: Duration::from_secs(60),
        }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    #[must_use]
    pub fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// A parameter that is left out when there is no value.
    #[must_use]
    pub fn query_if(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    #[must_use]
    pub fn body(mut self, body: Body<'a>) -> Self {
        self.body = body;
        self
    }

    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

/// An answer with a status below 400.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; null when there is none or it is something else.
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or(Json::Null)
    }
}

/// How often, and how long.
#[derive(Clone, Copy)]
pub struct Retry {
    /// Tries after the first.
    pub retries: u32,
    pub deadline: Duration,
}

/// What a [`Transport`] is made from.
pub struct TransportParts {
    pub base: String,
    pub tokens: Arc<Tokens>,
    pub clock: Arc<dyn Clock>,
    pub seed: String,
    pub quota_project: Option<String>,
}

impl Transport {
    pub fn new(parts: TransportParts) -> Self {
        let TransportParts { base, tokens, clock, seed, quota_project } = parts;
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // 308 is "send the next part" in uploads, not a redirect.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT));
        // A stand-in on this machine is never behind the proxy that the environment names.
        if is_loopback(&base) {
            config = config.proxy(None);
        }
        let user_agent = format!("tamis/{}", env!("CARGO_PKG_VERSION"));
        Self { agent: config.build().into(), base, tokens, clock, seed, quota_project, user_agent }
    }

    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// Sends a request, again when that may help.
    ///
    /// # Errors
    /// What the last try ended with. `stop` ends the tries early.
    pub fn send_retrying(&self, call: &Call<'_>, retry: Retry, stop: &Signal) -> Result<Reply, ApiError> {
        let end = self.clock.now().saturating_add(retry.deadline);
        let mut attempt = 0;
        loop {
            let error = match self.send(call) {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let wait = self.backoff(Duration::from_secs(3)).wait(attempt, error.retry_after);
            let is_in_time = self.clock.now().saturating_add(wait) <= end;
            if !error.is_retryable() || attempt >= retry.retries || !is_in_time || stop.is_raised() {
                return Err(error);
            }
            self.clock.pause(wait, stop);
            attempt += 1;
        }
    }

    pub fn backoff(&self, max: Duration) -> Backoff<'_> {
        Backoff { first: Duration::from_secs(1), max, seed: &self.seed }
    }

    /// Sends a request once; a refused token is renewed once.
    ///
    /// # Errors
    /// No answer, or one with a status of 400 and above.
    pub fn send(&self, call: &Call<'_>) -> Result<Reply, ApiError> {
        match self.send_with_token(call) {
            Err(error) if error.status == Some(401) && self.tokens.forget() => self.send_with_token(call),
            other => other,
        }
    }

    fn send_with_token(&self, call: &Call<'_>) -> Result<Reply, ApiError> {
        let token = self.tokens.token().map_err(|error| ApiError {
            status: Some(401),
            reason: Some("credentials".to_string()),
            message: error.message,
            location: error.help,
            ..ApiError::default()
        })?;
        let reply = self.exchange(call, &token)?;
        if reply.status < 400 { Ok(reply) } else { Err(read_error(&reply)) }
    }

    fn exchange(&self, call: &Call<'_>, token: &str) -> Result<Reply, ApiError> {
        let mut request = Request::builder()
            .method(call.method)
            .uri(self.address(call))
            .header("authorization", format!("Bearer {token}"))
            .header("user-agent", &self.user_agent)
            .header("accept", "application/json");
        if let Some(project) = &self.quota_project {
            request = request.header("x-goog-user-project", project);
        }
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        let text;
        let (content_type, bytes): (&str, &[u8]) = match call.body {
            Body::Json(json) => {
                text = json.to_string();
                ("application/json", text.as_bytes())
            }
            Body::Bytes { content_type, bytes } => (content_type, bytes),
            Body::Empty => ("", &[]),
        };
        let sends_body = matches!(call.method, "POST" | "PUT" | "PATCH");
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        // The builder's own words would repeat the address, which may be an upload session's.
        let unusable = |_| ApiError {
            message: "a request could not be built from these names".to_string(),
            status: Some(400),
            ..ApiError::default()
        };
        let answer = if sends_body {
            self.run(request.body(bytes).map_err(unusable)?, call.timeout)
        } else {
            self.run(request.body(()).map_err(unusable)?, call.timeout)
        };
        let mut answer = answer.map_err(|error| self.no_answer(&error))?;
        let body =
            answer.body_mut().with_config().limit(u64::MAX).read_to_vec().map_err(|error| self.no_answer(&error))?;
        let (head, _) = answer.into_parts();
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, body })
    }

    fn run(
        &self,
        request: Request<impl ureq::AsSendBody>,
        timeout: Duration,
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let request = self.agent.configure_request(request).timeout_recv_response(Some(timeout)).build();
        self.agent.run(request)
    }

    fn address(&self, call: &Call<'_>) -> String {
        let mut address =
            if call.path.starts_with("http") { call.path.clone() } else { format!("{}{}", self.base, call.path) };
        for (index, (name, value)) in call.query.iter().enumerate() {
            let joint = if index == 0 && !address.contains('?') { '?' } else { '&' };
            address.push_str(&format!("{joint}{name}={}", percent(value)));
        }
        address
    }

    fn no_answer(&self, error: &ureq::Error) -> ApiError {
        // Before the connection stands nothing can have arrived.
        let is_unsent = match error {
            ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::Tls(_)
            | ureq::Error::Rustls(_)
            | ureq::Error::ConnectProxyFailed(_)
            | ureq::Error::InvalidProxyUrl => true,
            ureq::Error::Timeout(which) => {
                matches!(which, ureq::Timeout::Resolve | ureq::Timeout::Connect)
            }
            ureq::Error::Io(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
            // The list is open ended: whatever else there is may have happened after sending.
            _ => false,
        };
        let host = self.host();
        let message = if is_unsent {
            format!("cannot reach `{host}`: {}", plain(error))
        } else {
            format!("no whole answer from `{host}`: {}", plain(error))
        };
        ApiError { message, is_answer_lost: !is_unsent, ..ApiError::default() }
    }

    fn host(&self) -> String {
        let uri = self.base.parse::<Uri>().ok();
        uri.and_then(|uri| uri.authority().map(ToString::to_string)).unwrap_or_else(|| self.base.clone())
    }
}

/// `text` as one segment or value of an address.
pub fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// An address from an environment variable or a profile: a scheme is added where there is none.
pub fn with_scheme(host: &str, scheme: &str) -> String {
    let host = host.trim().trim_end_matches('/');
    if host.contains("://") { host.to_string() } else { format!("{scheme}://{host}") }
}

fn is_loopback(base: &str) -> bool {
    let host = base.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_string)).unwrap_or_default();
    let host = host.trim_matches(['[', ']']);
    host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback() || address.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_get_a_scheme_and_names_are_encoded() {
        assert_eq!(with_scheme("localhost:9050/", "http"), "http://localhost:9050");
        assert_eq!(with_scheme("https://x.example", "http"), "https://x.example");
        assert_eq!(percent("a/b c=ü"), "a%2Fb%20c%3D%C3%BC");
        assert!(
            is_loopback("http://127.0.0.1:1") && is_loopback("http://[::1]:1") && !is_loopback("https://x.example")
        );
    }
}
