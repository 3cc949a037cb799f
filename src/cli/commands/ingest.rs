//! `ingest`: raw tables from files, addresses and buckets, by way of the lake.

use super::Context;
use crate::session::{Exit, Session};

pub fn run(context: &mut Context<'_>) -> Result<Exit, Exit> {
    let names = context.values.positional("pipelines");
    let session = Session::open(&context.settings, context.reporter)?;
    session.ingest(&names, context.interrupt, context.reporter)
}
