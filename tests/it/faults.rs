//! Faulty projects, one fault each: what is said and where it points. None may end in a panic.
//!
//! What a warehouse says to SQL that is wrong, and what it looks like afterwards, is in `errors`.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::binary::{folder, tamis};

mod calls;
mod encoding;
mod files;
mod jinja;
mod project;
mod properties;
mod yaml;

/// A project that runs as it stands, with files added to it or put in the place of its own.
fn project(files: &[(&str, &dyn AsRef<[u8]>)]) -> TempDir {
    let here = folder(&[
        ("dbt_project.yml", "name: shop\nprofile: shop\n"),
        ("profiles.yml", "shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb}}}\n"),
        ("models/orders.sql", "select 1 as id, 'open' as state\n"),
    ]);
    for (path, bytes) in files {
        let path = here.path().join(path);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder can be made");
        fs::write(&path, bytes.as_ref()).expect("a file can be written");
    }
    here
}

/// A symbolic link, as `ln -s` makes it.
#[cfg(unix)]
fn link(here: &TempDir, to: &str, at: &str) {
    std::os::unix::fs::symlink(Path::new(to), here.path().join(at)).expect("a link can be made");
}

/// What `tamis` says to the call, in the project's folder.
fn said(here: &TempDir, call: &str) -> String {
    let picture = tamis(&call.split(' ').collect::<Vec<_>>()).within(here).picture();
    assert!(!picture.contains("defect of"), "{picture}");
    picture
}
