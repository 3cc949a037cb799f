//! Brings an input from the network to a local file: whole or not at all, and only when it changed.
//!
//! The bytes are kept as they came (gzip stays gzip), so that a checksum means what the server sent.

mod download;
mod http;
mod socrata;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use download::download;
pub use http::{Answer, Client, Try, copy_body, header};
pub use socrata::download_pages;

/// How long to wait is decided here, waiting itself is handed in: tests do not sleep.
pub type Pause = Arc<dyn Fn(Duration) + Send + Sync>;

/// Told now and then: bytes so far, bytes in all where the server said it.
pub type Progress<'a> = &'a dyn Fn(u64, Option<u64>);

/// A local copy of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub path: PathBuf,
}

/// The address without user, password and query, which may hold secrets.
pub fn shown_url(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            format!("{scheme}://{}{path}", host.rsplit('@').next().unwrap_or(host))
        }
        None => url.to_string(),
    }
}

fn io_problem(doing: &str, path: &Path, error: &std::io::Error) -> Box<crate::diagnostic::Diagnostic> {
    let message = format!("cannot {doing} {}: {error}", path.display());
    Box::new(crate::diagnostic::Diagnostic::error("unwritable-stage", message))
}

#[cfg(test)]
mod tests {
    use super::shown_url;

    #[test]
    fn secrets_of_an_address_are_not_shown() {
        assert_eq!(shown_url("https://me:pw@data.example/rows.csv?token=x#y"), "https://data.example/rows.csv");
        assert_eq!(shown_url("http://127.0.0.1:80"), "http://127.0.0.1:80");
    }
}
