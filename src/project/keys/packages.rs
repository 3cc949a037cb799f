//! Keys of packages.yml and dependencies.yml.

use super::shape::Shape::{Free, List, Map};
use super::shape::{Check, Keys};
use crate::diagnostic::Diagnostic;
use crate::project::yaml::YamlFile;

static FILE: Keys = Keys::closed(
    "a list of packages",
    &[("packages", List(&Map(&PACKAGE))), ("projects", List(&Map(&PROJECT))), ("sha1_hash", Free)],
);

static PROJECT: Keys = Keys::open("a project", &[("name", Free)]);

static PACKAGE: Keys = Keys::closed(
    "a package",
    &[
        ("package", Free),
        ("version", Free),
        ("install_prerelease", Free),
        ("install-prerelease", Free),
        ("git", Free),
        ("private", Free),
        ("provider", Free),
        ("revision", Free),
        ("subdirectory", Free),
        ("warn_unpinned", Free),
        ("warn-unpinned", Free),
        ("local", Free),
        ("tarball", Free),
        ("name", Free),
        ("unrendered", Free),
    ],
);

pub(in crate::project) fn check_packages(file: &YamlFile) -> Vec<Diagnostic> {
    Check::of(file, &FILE)
}
