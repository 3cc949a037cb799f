//! Projects as written, and what parsing makes of them.

mod configs;
mod declared_tests;
mod functions;
mod kinds;
mod names;
mod packages;
mod references;
mod sources;
mod unit_tests;
mod versions;
