//! Archives: cut, damaged, escaping, and those that are no packages.

use std::fs;

use insta::assert_snapshot;
use tar::EntryType;

use super::world::{Asked, World, archive, builder, header, packed};

const PACKAGES: &str = "packages:\n  - tarball: HUB/tools.tar.gz?token=x\n    name: tools\n";

fn world(body: Vec<u8>) -> World {
    let world = World::new(PACKAGES);
    world.hub.serve("/tools.tar.gz?token=x", body);
    world
}

fn sound() -> Vec<u8> {
    archive(&[("tools-1/dbt_project.yml", "name: other_name\n"), ("tools-1/macros/a.sql", "select 1")])
}

#[test]
fn an_archive_is_installed_under_the_name_it_is_given() {
    let world = world(sound());
    assert_snapshot!(world.deps(), @"
    wrote package-lock.yml
    installed tools from its archive (from HUB/tools.tar.gz)
    there: tools
    ");
    assert_eq!(world.read("dbt_packages/tools/macros/a.sql"), "select 1");
    assert_snapshot!(world.without_places(&world.read("package-lock.yml")).lines().take(3).collect::<Vec<_>>().join("\n"), @"
    packages:
      - name: tools
        tarball: HUB/tools.tar.gz?token=x
    ");
}

#[test]
fn what_is_not_a_whole_archive_is_refused_and_what_was_installed_stays() {
    let world = world(sound());
    world.deps();
    let whole = sound();
    for (body, why) in [
        (whole[..whole.len() / 2].to_vec(), "cut"),
        (whole[..whole.len() - 4].to_vec(), "cut in its checksum"),
        (b"<html>not found</html>".to_vec(), "a page"),
        (Vec::new(), "nothing"),
    ] {
        world.hub.serve("/tools.tar.gz?token=x", body);
        world.file("package-lock.yml", "packages: []\n");
        fs::remove_dir_all(world.cache.path()).unwrap();
        let told = world.deps();
        assert!(told.contains("error[fetch-failed]") && told.ends_with("there: tools"), "{why}: {told}");
    }
    world.hub.serve("/tools.tar.gz?token=x", whole[..whole.len() / 2].to_vec());
    assert_snapshot!(world.deps(), @"
    error[fetch-failed]: package `HUB/tools.tar.gz` cannot be had: cannot fetch HUB/tools.tar.gz: what came is not a whole .tar.gz: it ends too early
     --> packages.yml:2:14
      |
    2 |   - tarball: HUB/tools.tar.gz?token=x
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ it is asked for here
      |
      = note: tried 4 times
    help: check the network and the address, then run `tamis deps` again; nothing was changed
    there: tools
    ");
}

#[test]
fn a_damaged_copy_in_the_cache_is_fetched_again_or_told() {
    let world = world(sound());
    world.deps();
    let damage = || {
        for file in fs::read_dir(world.cache.path().join("packages/files")).unwrap().flatten() {
            if file.path().extension().is_none() {
                fs::write(file.path(), "damaged").unwrap();
            }
        }
    };
    damage();
    world.hub.asked();
    assert_snapshot!(world.deps(), @"
    installed tools from its archive (from HUB/tools.tar.gz)
    there: tools
    ");
    assert_eq!(world.hub.asked(), "/tools.tar.gz?token=x");
    damage();
    world.hub.go_down();
    let told = world.deps();
    assert!(told.contains("its checksum differs") && told.contains("error[fetch-failed]"), "{told}");
}

#[test]
fn entries_that_lead_out_of_the_package_are_refused() {
    let with_entry = |path: &str, kind: EntryType, link: &str| {
        let mut builder = builder();
        let project = "name: tools\n";
        let mut project_header = header(project.len());
        builder.append_data(&mut project_header, "tools/dbt_project.yml", project.as_bytes()).unwrap();
        let mut entry = header(0);
        entry.set_entry_type(kind);
        // Paths that lead elsewhere are refused by the library that writes them too, so they are put in by hand.
        let old = entry.as_old_mut();
        old.name[..path.len()].copy_from_slice(path.as_bytes());
        old.linkname[..link.len()].copy_from_slice(link.as_bytes());
        entry.set_cksum();
        builder.append(&entry, std::io::empty()).unwrap();
        packed(builder)
    };
    for (path, kind, link) in [
        ("tools/../../evil.sql", EntryType::Regular, ""),
        ("/tmp/evil.sql", EntryType::Regular, ""),
        ("tools/passwd", EntryType::Symlink, "/etc/passwd"),
        ("tools/out", EntryType::Symlink, "../../.."),
        ("tools/hard", EntryType::Link, "../outside"),
        ("tools/pipe", EntryType::Fifo, ""),
    ] {
        let told = world(with_entry(path, kind, link)).deps();
        assert!(told.contains("error[unsafe-archive]") && told.ends_with("there: "), "{path}: {told}");
    }
    assert_snapshot!(world(with_entry("tools/out", EntryType::Symlink, "../../..")).deps(), @"
    error[unsafe-archive]: package `HUB/tools.tar.gz` cannot be had: its link `tools/out` leads out of the package
     --> packages.yml:2:14
      |
    2 |   - tarball: HUB/tools.tar.gz?token=x
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ it is asked for here
      |
    help: do not use it; tell its authors
    there:
    ");
    let inside = world(with_entry("tools/again.yml", EntryType::Symlink, "dbt_project.yml"));
    inside.deps();
    assert_eq!(inside.read("dbt_packages/tools/again.yml"), "name: tools\n");
}

#[test]
fn an_archive_without_a_package_in_it_is_told() {
    assert_snapshot!(world(archive(&[("a/x.sql", "select 1")])).deps(), @"
    error[no-package]: package `HUB/tools.tar.gz` cannot be had: there is no `dbt_project.yml` in it
     --> packages.yml:2:14
      |
    2 |   - tarball: HUB/tools.tar.gz?token=x
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ it is asked for here
      |
    help: check the address
    there:
    ");
    assert_snapshot!(world(archive(&[("a/dbt_project.yml", "name: a"), ("b/x.sql", "")])).deps(), @"
    error[no-package]: package `HUB/tools.tar.gz` cannot be had: a package's archive holds one folder, with everything below it
     --> packages.yml:2:14
      |
    2 |   - tarball: HUB/tools.tar.gz?token=x
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ it is asked for here
      |
    help: check the address
    there:
    ");
}

#[test]
fn an_upgrade_fetches_an_archive_anew() {
    let world = world(sound());
    world.deps();
    world.hub.serve("/tools.tar.gz?token=x", archive(&[("tools/dbt_project.yml", "name: tools\nversion: 2\n")]));
    assert!(world.deps().ends_with("there: tools"));
    assert!(world.deps_as(&Asked { upgrade: true, ..Asked::default() }).ends_with("there: tools 2"));
}
