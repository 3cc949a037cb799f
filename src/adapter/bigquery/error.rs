//! What Google said no with: read from any body, and told to the rooms above as an [`AdapterError`].

use std::fmt;
use std::time::Duration;

use super::transport::Reply;
use crate::adapter::{AdapterError, ErrorKind};
use crate::manifest::Json;

/// How much of an unreadable answer an error shows.
const EXCERPT_CHARS_MAX: usize = 300;

/// What went wrong with a request, with nothing blurred.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiError {
    /// `None`: there was no answer.
    pub status: Option<u16>,
    /// Google's word: `invalidQuery`, `rateLimitExceeded`.
    pub reason: Option<String>,
    pub message: String,
    /// What Google points at: `query`, a file's address.
    pub location: Option<String>,
    pub retry_after: Option<Duration>,
    /// The start of an answer that was not JSON.
    pub excerpt: Option<String>,
    /// The request may have been carried out although no answer came.
    pub is_answer_lost: bool,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl ApiError {
    /// Whether the same request may be sent again.
    /// Source: dbt-bigquery 1.12 (`_job_should_retry`), plus lost answers.
    pub fn is_retryable(&self) -> bool {
        match (self.reason.as_deref(), self.status) {
            (_, None) => true,
            (Some(reason), _) if is_retryable_reason(reason) => true,
            // The reasons of a 4xx say more than its number; a 5xx is worth a try whatever it says.
            (None, Some(429)) | (_, Some(500 | 502 | 503 | 504 | 408)) => true,
            (Some(_) | None, Some(_)) => false,
        }
    }

    pub fn is_rate_limit(&self) -> bool {
        matches!(self.reason.as_deref(), Some("rateLimitExceeded" | "jobRateLimitExceeded")) || self.status == Some(429)
    }
}

/// Reasons that pass by themselves.
pub fn is_retryable_reason(reason: &str) -> bool {
    matches!(
        reason,
        "rateLimitExceeded"
            | "backendError"
            | "internalError"
            | "badGateway"
            | "jobBackendError"
            | "jobInternalError"
            | "jobRateLimitExceeded"
    )
}

/// Reads an error out of whatever came: Google's JSON, HTML of a proxy, or nothing.
pub fn read_error(reply: &Reply) -> ApiError {
    let retry_after = reply.header("retry-after").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    let body = reply.json();
    let error = &body["error"];
    let first = &error["errors"][0];
    let text = |value: &Json| value.as_str().filter(|text| !text.is_empty()).map(str::to_string);
    let told = text(&error["message"])
        .or_else(|| text(&first["message"]))
        .or_else(|| text(error))
        .or_else(|| text(&body["error_description"]));
    let excerpt = if told.is_some() { None } else { excerpt(&reply.body) };
    let message = told.unwrap_or_else(|| match &excerpt {
        Some(excerpt) => format!("HTTP {}: {excerpt}", reply.status),
        None => format!("HTTP {} without an explanation", reply.status),
    });
    ApiError {
        status: Some(reply.status),
        reason: text(&first["reason"]),
        message,
        location: text(&first["location"]),
        retry_after,
        excerpt,
        is_answer_lost: false,
    }
}

/// The words of a body that is not JSON, tags taken off.
fn excerpt(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let mut is_in_tag = false;
    let words: String = text
        .chars()
        .map(|letter| match letter {
            '<' => {
                is_in_tag = true;
                ' '
            }
            '>' => {
                is_in_tag = false;
                ' '
            }
            _ if is_in_tag => ' ',
            letter => letter,
        })
        .collect();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = words.chars().take(EXCERPT_CHARS_MAX).collect();
    Some(cut).filter(|text| !text.is_empty())
}

/// The words of a system's error, without "(os error 2)" at the end and "io:" before.
pub fn plain(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    text.strip_prefix("io: ").unwrap_or(text).to_lowercase()
}

impl From<ApiError> for AdapterError {
    fn from(error: ApiError) -> Self {
        let message = error.message.clone();
        let base = |kind| Self::new(kind, message.clone());
        match (error.status, error.reason.as_deref()) {
            (None, _) => base(ErrorKind::Connection)
                .help("check the network, the proxy settings and `api_endpoint` of the profile"),
            (Some(401), reason) => {
                let help = match (reason, &error.location) {
                    (Some("credentials"), Some(help)) => help.clone(),
                    _ => "the credentials of the profile were refused: log in again, or check `keyfile` or `token`"
                        .to_string(),
                };
                base(ErrorKind::Connection).help(help)
            }
            (Some(403), Some("quotaExceeded")) => base(ErrorKind::Database)
                .help("a quota of the project is used up: wait for it to renew, or ask for more"),
            (Some(_), _) if error.is_retryable() => base(ErrorKind::Transient),
            (Some(403), _) => denied(&message),
            (Some(404), _) => base(ErrorKind::NotFound),
            (Some(_), Some("accessDenied")) => denied(&message),
            (Some(_), Some("notFound")) => base(ErrorKind::NotFound),
            (Some(_), _) => base(ErrorKind::Database),
        }
    }
}

fn denied(message: &str) -> AdapterError {
    let error = AdapterError::new(ErrorKind::Denied, message);
    match permission_in(message) {
        Some(permission) => {
            error.help(format!("grant a role with `{permission}` to the account that this target uses"))
        }
        None => error.help(
            "grant the account that this target uses a role on this resource, such as `roles/bigquery.dataEditor`",
        ),
    }
}

/// `bigquery.tables.getData`, where the message names the permission that is missing.
fn permission_in(message: &str) -> Option<&str> {
    message
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.')
        .map(|word| word.trim_end_matches('.'))
        .find(|word| (word.starts_with("bigquery.") || word.starts_with("storage.")) && word.matches('.').count() == 2)
}

#[cfg(test)]
mod tests {
    use ureq::http::HeaderMap;

    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn errors_are_read_from_json_html_and_nothing() {
        let google = r#"{"error":{"code":403,"message":"Exceeded rate limits","errors":[{"reason":"rateLimitExceeded","location":"here"}]}}"#;
        let error = read_error(&reply(403, google));
        assert_eq!((error.reason.as_deref(), error.location.as_deref()), (Some("rateLimitExceeded"), Some("here")));
        assert!(error.is_retryable());

        let html = read_error(&reply(502, "<html><title>Bad  Gateway</title><p>nginx</html>"));
        assert_eq!(html.message, "HTTP 502: Bad Gateway nginx");
        assert!(html.is_retryable());

        assert_eq!(read_error(&reply(500, "")).message, "HTTP 500 without an explanation");
        let plain = read_error(&reply(403, r#"{"error":{"message":"no errors list"}}"#));
        assert_eq!((plain.message.as_str(), plain.is_retryable()), ("no errors list", false));
    }

    #[test]
    fn a_denial_names_the_missing_permission() {
        let message =
            "Access Denied: Dataset p:d: Permission bigquery.tables.list denied on dataset p:d (or it may not exist).";
        let error =
            AdapterError::from(ApiError { status: Some(403), message: message.to_string(), ..ApiError::default() });
        assert_eq!(error.kind, ErrorKind::Denied);
        assert_eq!(
            error.help.as_deref(),
            Some("grant a role with `bigquery.tables.list` to the account that this target uses")
        );
    }
}
