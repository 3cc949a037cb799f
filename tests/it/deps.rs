//! `deps`: hub, git, archives and local packages, from servers and repositories of the test's own.

mod archives;
mod git;
mod hub;
mod installing;
mod world;
