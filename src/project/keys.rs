//! stub
use super::{Package, PropertyFile, yaml::YamlFile};
use crate::diagnostic::Diagnostic;
pub fn check_properties(_file: &PropertyFile) -> Vec<Diagnostic> {
    Vec::new()
}
pub(super) fn check_project(_file: &YamlFile) -> Vec<Diagnostic> {
    Vec::new()
}
pub(super) fn unused_config_paths(_p: &Package, _o: &[Package]) -> Vec<Diagnostic> {
    Vec::new()
}
