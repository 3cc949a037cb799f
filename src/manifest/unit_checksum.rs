//! The checksum that tells whether a unit test changed: everything counts but its description.
//!
//! Equal to dbt's, so that `state:modified` can compare with a manifest that dbt wrote. dbt hashes the Python
//! spelling of its fixture objects, which is therefore written out here.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::{Fixture, FixtureFormat, Json, UnitTest, python};

/// SHA-256, hexadecimal.
pub fn unit_test_checksum(test: &UnitTest) -> String {
    let given: Vec<_> = test.given.iter().map(|fixture| spelled(fixture, Some(&fixture.input))).collect();
    let mut text = format!("{}-{}-[{}]-{}", test.model, versions(test), given.join(", "), spelled(&test.expect, None));
    let _ = write!(text, "-{}", overrides(test));
    for fixture in test.given.iter().filter(|fixture| fixture.fixture.is_some()) {
        let _ = write!(text, "-{}", python::text(&fixture.rows));
    }
    let mut hexadecimal = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(hexadecimal, "{byte:02x}");
    }
    hexadecimal
}

fn spelled(fixture: &Fixture, input: Option<&str>) -> String {
    let format = match fixture.format {
        FixtureFormat::Dict => "<UnitTestFormat.Dict: 'dict'>",
        FixtureFormat::Csv => "<UnitTestFormat.CSV: 'csv'>",
        FixtureFormat::Sql => "<UnitTestFormat.SQL: 'sql'>",
    };
    let rows = python::repr(&fixture.rows);
    let name = fixture.fixture.as_deref().map_or(Json::Null, Json::from);
    let rest = format!("rows={rows}, format={format}, fixture={})", python::repr(&name));
    match input {
        Some(input) => format!("UnitTestInputFixture(input={}, {rest}", python::repr(&Json::from(input))),
        None => format!("UnitTestOutputFixture({rest}"),
    }
}

fn versions(test: &UnitTest) -> String {
    let Some(versions) = &test.versions else { return "None".to_string() };
    let part = |key: &str| python::repr(versions.get(key).unwrap_or(&Json::Null));
    format!("UnitTestNodeVersions(include={}, exclude={})", part("include"), part("exclude"))
}

fn overrides(test: &UnitTest) -> String {
    if test.overrides.is_empty() {
        return "None".to_string();
    }
    let part = |key: &str| test.overrides.get(key).map_or_else(|| "{}".to_string(), python::repr);
    format!("UnitTestOverrides(macros={}, vars={}, env_vars={})", part("macros"), part("vars"), part("env_vars"))
}
