//! Tamis reads a dbt project, understands it offline, and runs it on DuckDB or BigQuery.
//!
//! The house has one direction; a room imports only from rooms before it:
//!
//! ```text
//! cli → session → project → parse → manifest → graph → plan → execute(compile → materialize) → report
//! ```
//!
//! `source`, `diagnostic`, `relation`, `event` are the foundations; `jinja` is the language room, `sql` what SQL
//! means, `adapter` the warehouse room, `ingest` the loading dock, `deps` the mail room, `site` the shop window.
//! `tests/it/rooms.rs` keeps the order.

pub mod source;

pub mod diagnostic;

pub mod relation;

pub mod manifest;

pub mod event;

pub mod project;

pub mod adapter;

pub mod sql;

pub mod jinja;

pub mod parse;

pub mod graph;

pub mod plan;

pub mod execute;

pub mod ingest;

pub mod deps;

pub mod artifacts;

pub mod report;

pub mod session;

pub mod cli;
