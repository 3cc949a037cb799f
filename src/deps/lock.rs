//! package-lock.yml: which packages were chosen, in dbt's layout, so that both tools take each other's.

use std::fmt::Write as _;

use sha1::{Digest, Sha1};

use super::pinned::{Locked, Pinned};
use crate::jinja::python_json;
use crate::manifest::{Json, JsonMap};
use crate::project::packages::{DeclaredPackage, PackageKind};

pub(super) const HASH_KEY: &str = "sha1_hash";

/// What stands for a secret that was taken out of an address.
pub(super) const BLOT: &str = "*****";

/// The text of the lock.
///
/// Source: dbt-core 1.12, `DepsTask.lock`: keys in alphabetical order, as PyYAML writes them.
pub(super) fn text(locked: &[Locked], hash: &str, secrets: &[String]) -> String {
    let mut text = String::from(if locked.is_empty() { "packages: []\n" } else { "packages:\n" });
    for package in locked {
        let mut entry = entry(package, secrets);
        entry.sort_by_key(|(key, _)| *key);
        for (at, (key, value)) in entry.iter().enumerate() {
            let lead = if at == 0 { "  - " } else { "    " };
            let _ = writeln!(text, "{lead}{key}: {}", scalar(value));
        }
    }
    let _ = writeln!(text, "{HASH_KEY}: {}", scalar(hash));
    text
}

fn entry(package: &Locked, secrets: &[String]) -> Vec<(&'static str, String)> {
    let mut entry = match &package.pinned {
        Pinned::Hub { package, version, .. } => vec![("package", package.clone()), ("version", version.clone())],
        Pinned::Local { path, .. } => vec![("local", path.clone())],
        Pinned::Tarball { written, .. } => vec![("tarball", blotted(written, secrets))],
        Pinned::Git { source, commit } => {
            let key = if source.private.is_some() { "private" } else { "git" };
            let mut entry = vec![(key, blotted(&source.written, secrets)), ("revision", commit.clone())];
            entry.extend(source.subdirectory.clone().map(|folder| ("subdirectory", folder)));
            entry.extend(source.private.clone().flatten().map(|provider| ("provider", provider)));
            entry
        }
    };
    entry.push(("name", package.name.clone()));
    entry
}

/// An address without the secrets that were written out in it.
pub(super) fn blotted(text: &str, secrets: &[String]) -> String {
    secrets.iter().fold(text.to_string(), |text, secret| text.replace(secret.as_str(), BLOT))
}

/// What dbt calls the hash of the packages asked for: it tells whether a lock is still of them.
///
/// Source: dbt-core 1.12, `_create_sha1_hash`, over what its classes of packages turn into.
pub(super) fn hash(declared: &[DeclaredPackage]) -> String {
    let mut packages: Vec<String> = declared.iter().map(|package| python_json(&as_dbt_has_it(package), true)).collect();
    packages.sort();
    let digest = Sha1::digest(packages.join("\n"));
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn as_dbt_has_it(package: &DeclaredPackage) -> Json {
    let value = |key: &str| package.rendered.get(key).cloned().unwrap_or(Json::Null);
    let mut fields = JsonMap::new();
    let mut set = |key: &str, value: Json| fields.insert(key.to_string(), value);
    set(package.kind.key(), Json::from(package.place.as_str()));
    match package.kind {
        PackageKind::Hub => {
            set("version", version(value("version")));
            let allows = package.flag(["install_prerelease", "install-prerelease"]);
            set("install_prerelease", Json::from(allows.unwrap_or(false)));
        }
        PackageKind::Git | PackageKind::Private => {
            set("revision", version(value("revision")));
            let warns = package.flag(["warn-unpinned", "warn_unpinned"]);
            set("warn-unpinned", warns.map_or(Json::Null, Json::from));
            set("subdirectory", value("subdirectory"));
            if package.kind == PackageKind::Private {
                set("provider", value("provider"));
            }
        }
        PackageKind::Local | PackageKind::Tarball => {}
    }
    if let Some(name) = package.text("name") {
        set("name", Json::from(name));
    }
    set("unrendered", Json::Object(package.written.clone()));
    Json::Object(fields)
}

/// Whole numbers become texts, others stay what they are: so dbt's classes read them.
fn version(value: Json) -> Json {
    match value {
        Json::Number(number) if !number.is_f64() => Json::String(number.to_string()),
        Json::Array(list) => Json::Array(list.into_iter().map(version).collect()),
        other => other,
    }
}

/// A text as PyYAML writes it: plain where that reads back as the same text, else quoted. Never broken over lines.
pub(super) fn scalar(text: &str) -> String {
    let is_printable = |letter: char| matches!(letter, ' '..='~');
    if !text.chars().all(is_printable) {
        // JSON's quoting is YAML's too.
        return python_json(&Json::from(text), false);
    }
    if is_plain(text) { text.to_string() } else { format!("'{}'", text.replace('\'', "''")) }
}

/// Source: YAML 1.1, plain scalars in block context, and the types that PyYAML takes plain scalars for.
fn is_plain(text: &str) -> bool {
    let starts_badly = text.starts_with(|letter: char| "#,[]{}&*!|>'\"%@`".contains(letter));
    let first = text.chars().next();
    let indicates = matches!(first, Some('-' | '?' | ':')) && matches!(text.chars().nth(1), None | Some(' '));
    let breaks = text.contains(": ") || text.contains(" #") || text.ends_with(':');
    let is_spaced = text.trim() != text;
    let is_marker = text.starts_with("---") || text.starts_with("...");
    !(text.is_empty() || starts_badly || indicates || breaks || is_spaced || is_marker || is_typed(text))
}

fn is_typed(text: &str) -> bool {
    matches!(text, "=" | "<<") || {
        let file = crate::source::SourceFile::in_memory("<scalar>", text);
        let read = crate::project::yaml::YamlFile::parse(&file);
        !read.is_ok_and(|read| matches!(read.root.kind, crate::project::yaml::YamlKind::Text(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::{hash, scalar};
    use crate::jinja::YamlEngine;
    use crate::manifest::JsonMap;
    use crate::project::YamlScope;
    use crate::project::packages::PackageReader;
    use crate::project::yaml::YamlFile;
    use crate::source::SourceFile;

    /// The hash is what dbt-core 1.12.6 writes for this list.
    #[test]
    fn the_hash_is_dbts_for_every_kind_of_package() {
        let text = "
packages:
  - package: a/b
    version: [1, 2.0, '>=3.0.0']
    name: bb
  - private: org/x
    provider: gitlab
    revision: main
  - tarball: https://files.example/é.tar.gz
    name: tools
  - local: ../x
  - git: https://git.example/y
    revision: 12
    warn-unpinned: true
";
        let (engine, vars) = (YamlEngine::new(), JsonMap::new());
        let scope =
            YamlScope { vars: &vars, target: None, may_read_secrets: true, project_name: None, invocation: None };
        let file = YamlFile::parse(&SourceFile::in_memory("packages.yml", text)).unwrap();
        let declared = PackageReader::new(&engine, scope).of_files(&[file]);
        assert_eq!(hash(&declared), "4de54a61c574efc791655b378f8357c87a5c4a52");
    }

    #[test]
    fn scalars_are_written_as_pyyaml_writes_them() {
        for (text, written) in [
            ("1.0", "'1.0'"),
            ("10", "'10'"),
            ("1.1.0", "1.1.0"),
            ("1e5", "1e5"),
            ("v1", "v1"),
            ("true", "'true'"),
            ("no", "'no'"),
            ("a: b", "'a: b'"),
            ("a #b", "'a #b'"),
            ("a:", "'a:'"),
            ("2020-01-01", "'2020-01-01'"),
            ("", "''"),
            ("~", "'~'"),
            ("=", "'='"),
            ("-", "'-'"),
            ("-x", "-x"),
            ("it's", "it's"),
            ("'q'", "'''q'''"),
            ("1_000", "'1_000'"),
            ("12:30", "'12:30'"),
            ("a]", "a]"),
            ("[x", "'[x'"),
            ("08", "08"),
            ("{{ env_var('X') }}/a", "'{{ env_var(''X'') }}/a'"),
            ("https://github.com/a/b.git", "https://github.com/a/b.git"),
            ("C:\\x", "C:\\x"),
            ("tab\tx", "\"tab\\tx\""),
        ] {
            assert_eq!(scalar(text), written, "{text}");
        }
    }
}
