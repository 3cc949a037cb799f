//! The loading dock: sources → typed Parquet in the lake → raw tables.
//!
//! Pipelines are declared in property ymls ([`declare`]) and run one after the other ([`run`]). Every row that is
//! read is loaded, dropped by a named filter, or kept in quarantine with its reasons; the three add up or nothing is
//! loaded. Types are declared, never guessed. Knows nothing of models.

mod bytes;
mod chunk;
mod condition;
mod csv;
mod dates;
mod declare;
mod derive;
mod fetch;
mod header;
mod input;
mod lake;
mod load;
mod one;
mod parquet_in;
mod parquet_out;
mod pipeline;
mod run;
mod transform;
mod typed;
mod types;

pub(crate) use bytes::sha256_of;
pub use declare::declare;
pub use fetch::Pause;
pub(crate) use fetch::{Answer, Client, Try, copy_body, header, shown_url};
pub use load::LOADS_TABLE;
pub use pipeline::{Destination, Pipeline, Place, RawTable};
pub use run::{IngestContext, run, unknown_names};
