//! Embeds the built-in macro library and lets the binary find DuckDB's shared library beside itself.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets the manifest folder"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets the output folder"));
    embed_macros(&root.join("macros"), &out.join("macros.rs"));
    if env::var_os("CARGO_FEATURE_DUCKDB").is_some() && env::var_os("CARGO_FEATURE_BUNDLED").is_none() {
        place_duckdb(&out);
    }
}

/// Writes `[("folder/name.sql", "text"), …]`, sorted by path.
fn embed_macros(folder: &Path, into: &Path) {
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    list_sql(folder, &mut files);
    files.sort();
    let mut code = String::from("[\n");
    for file in files {
        println!("cargo:rerun-if-changed={}", file.display());
        let name = file.strip_prefix(folder).expect("listed below the folder").display().to_string().replace('\\', "/");
        writeln!(code, "    ({name:?}, include_str!({:?})),", file.display().to_string()).expect("writing to a string");
    }
    code.push_str("]\n");
    fs::write(into, code).expect("cannot write the embedded macros");
}

fn list_sql(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            list_sql(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            into.push(path);
        }
    }
}

/// Copies libduckdb next to the binary, which looks there first (`$ORIGIN`; test binaries lie one folder deeper).
fn place_duckdb(out: &Path) {
    println!("cargo:rerun-if-env-changed=DUCKDB_LIB_DIR");
    let os = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let (name, rpaths) = match os.as_str() {
        "macos" => ("libduckdb.dylib", ["@executable_path", "@executable_path/.."]),
        "windows" => ("duckdb.dll", ["", ""]),
        _ => ("libduckdb.so", ["$ORIGIN", "$ORIGIN/.."]),
    };
    for rpath in rpaths.iter().filter(|rpath| !rpath.is_empty()) {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{rpath}");
    }
    let Some(folder) = env::var_os("DUCKDB_LIB_DIR").map(PathBuf::from) else { return };
    let from = folder.join(name);
    println!("cargo:rerun-if-changed={}", from.display());
    // OUT_DIR is <target>/<profile>/build/<package>/out.
    let Some(profile) = out.ancestors().nth(3) else { return };
    let to = profile.join(name);
    let _ = fs::remove_file(&to);
    if fs::hard_link(&from, &to).is_err()
        && let Err(error) = fs::copy(&from, &to)
    {
        println!("cargo:warning=could not copy {} to {}: {error}", from.display(), to.display());
    }
}
