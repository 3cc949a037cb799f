//! BigQuery and Cloud Storage: the adapter for production.
//!
//! Everything that goes over the wire goes through [`transport`].

pub mod clock;
pub mod settings;
pub mod storage;

mod auth;
mod error;
mod transport;
mod upload;
