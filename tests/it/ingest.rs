//! Ingestion through its own door: YAML in, a lake and raw tables out.

mod fixture;

mod pipelines;

mod problems;

mod web;
