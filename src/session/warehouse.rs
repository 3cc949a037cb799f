//! Opens the warehouse of a target: the one place that knows which kinds there are.

use std::path::Path;
use std::sync::Arc;

use crate::adapter::{Adapter, AdapterError, AdapterKind, ErrorKind, Warehouse};
use crate::diagnostic::Diagnostic;
use crate::project::{Invocation, Target};

/// # Errors
/// The target's settings make no sense; nothing was contacted yet.
pub fn open(target: &Target, root: &Path, invocation: &Invocation) -> Result<Arc<Warehouse>, Box<Diagnostic>> {
    adapter(target, root, invocation).map(Warehouse::new).map_err(|error| Box::new(problem(target, &error)))
}

fn adapter(target: &Target, root: &Path, invocation: &Invocation) -> Result<Arc<dyn Adapter>, AdapterError> {
    match target.kind {
        #[cfg(feature = "duckdb")]
        AdapterKind::DuckDb => crate::adapter::duckdb::DuckDb::open(target, root),
        #[cfg(not(feature = "duckdb"))]
        AdapterKind::DuckDb => Err(left_out(AdapterKind::DuckDb)),
        #[cfg(feature = "bigquery")]
        AdapterKind::BigQuery => crate::adapter::bigquery::BigQuery::open(target, invocation),
        #[cfg(not(feature = "bigquery"))]
        AdapterKind::BigQuery => Err(left_out(AdapterKind::BigQuery)),
    }
}

#[allow(dead_code, reason = "every kind is built in by default")]
fn left_out(kind: AdapterKind) -> AdapterError {
    let name = kind.name();
    let error = AdapterError::new(ErrorKind::Unsupported, format!("this build of tamis has no {name}"));
    error.help(format!("build it with `--features {name}`"))
}

/// What a warehouse said about a target, for a person.
pub fn problem(target: &Target, error: &AdapterError) -> Diagnostic {
    let code = match error.kind {
        ErrorKind::Denied => "denied",
        ErrorKind::Connection | ErrorKind::Transient => "no-connection",
        ErrorKind::Database | ErrorKind::NotFound | ErrorKind::Cancelled | ErrorKind::Unsupported => "bad-target",
    };
    let message = format!("target `{}` ({}) does not work: {}", target.name, target.kind.name(), error.message);
    let problem = Diagnostic::error(code, message);
    match &error.help {
        Some(help) => problem.help(help.clone()),
        None => problem,
    }
}
