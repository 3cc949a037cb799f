//! What becomes of dbt_packages/ and of the files that list packages; local packages.

use std::fs;

use insta::assert_snapshot;
use serde_json::json;

use super::world::{Asked, World};
use crate::binary::{folder, tamis};

#[test]
fn local_packages_become_links_and_their_paths_are_relative_to_themselves() {
    let world = World::new("packages:\n  - local: ./tools\n");
    world.file("profiles.yml", "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb}\n");
    world.file("tools/dbt_project.yml", "name: tools\n");
    world.file("tools/packages.yml", "packages:\n  - local: more\n");
    world.file("more/dbt_project.yml", "name: more\n");
    world.file("tools/seeds/codes.csv", "id\n1\n");
    world.file("tools/models/a.sql", "select 1 as id");
    world.file("tools/models/schema.yml", "models: [{name: a, description: x}]\n");
    assert_snapshot!(world.deps(), @"
    wrote package-lock.yml
    installed tools as a link (from ./tools)
    installed more as a link (from more)
    there: more, tools
    ");
    assert_eq!(fs::read_link(world.path("dbt_packages/tools")).unwrap(), world.path("tools"));
    assert_eq!(tamis(&["parse"]).within(&world.project).run().code, 0);
    let manifest: serde_json::Value = serde_json::from_str(&world.read("target/manifest.json")).unwrap();
    let nodes = manifest["nodes"].as_object().unwrap().values();
    let paths = nodes.map(|node| {
        let paths = ["original_file_path", "patch_path", "root_path"].map(|key| node[key].as_str().unwrap_or("-"));
        format!("{}: {}", node["unique_id"].as_str().unwrap(), paths.join(" "))
    });
    // As dbt-core 1.12.6 has them for the same project.
    assert_snapshot!(world.without_places(&paths.collect::<Vec<_>>().join("\n")), @"
    model.tools.a: models/a.sql tools://models/schema.yml -
    seed.tools.codes: seeds/codes.csv - [project]/dbt_packages/tools
    ");
}

#[test]
fn a_local_package_that_is_not_there_is_told() {
    assert_snapshot!(World::new("packages:\n  - local: ../tools\n").deps(), @"
    error[no-package]: package `../tools` cannot be had: there is no `dbt_project.yml` in it
     --> packages.yml:2:12
      |
    2 |   - local: ../tools
      |            ^^^^^^^^ it is asked for here
      |
    help: correct the path or address
    there:
    ");
}

#[test]
fn packages_are_added_to_the_file_once_they_can_be_had() {
    let mut world = World::new("# ours\npackages:\n  - package: acme/alpha # for stars\n    version: 1.0.0\n");
    world.release("acme/alpha", "1.0.0", json!({}));
    world.release("acme/alpha", "1.1.0", json!({}));
    world.release("acme/beta", "0.2.0", json!({}));
    let add = |text| Asked { add: Some((text, "package")), ..Asked::default() };
    assert_snapshot!(world.deps_as(&add("acme/beta@>=0.1.0,<1.0.0")), @"
    wrote package-lock.yml
    installed acme/alpha 1.0.0 (1.1.0 is out)
    installed acme/beta 0.2.0
    there: alpha 1.0.0, beta 0.2.0
    ");
    assert_snapshot!(world.deps_as(&add("acme/alpha@1.1.0")), @"
    `acme/alpha` is replaced
    wrote package-lock.yml
    installed acme/beta 0.2.0
    installed acme/alpha 1.1.0
    there: alpha 1.1.0, beta 0.2.0
    ");
    assert_snapshot!(world.read("packages.yml"), @r#"
    # ours
    packages:
      - package: acme/beta
        version: [">=0.1.0", "<1.0.0"]
      - package: acme/alpha
        version: 1.1.0
    "#);
    let before = world.read("packages.yml");
    assert_snapshot!(world.deps_as(&add("acme/gamma@1.0.0")), @"
    error[missing-package]: the hub has no package `acme/gamma`
     --> packages.yml:7:14
      |
    7 |   - package: acme/gamma
      |              ^^^^^^^^^^ it is asked for here
      |
      = note: cannot fetch HUB/api/v1/acme/gamma.json: the server answered 404
    help: look for its name on the hub, or ask for it with `git`
    there: alpha 1.1.0, beta 0.2.0
    ");
    assert_eq!(world.read("packages.yml"), before);
    world.file("tools/dbt_project.yml", "name: tools\n");
    assert_snapshot!(world.deps_as(&Asked { add: Some(("tools", "local")), ..Asked::default() }), @"
    wrote package-lock.yml
    installed acme/beta 0.2.0
    installed acme/alpha 1.1.0
    installed tools as a link (from tools)
    there: alpha 1.1.0, beta 0.2.0, tools
    ");
}

#[test]
fn a_project_without_packages_gets_a_file_when_one_is_added() {
    let mut world = World::new("");
    fs::remove_file(world.path("packages.yml")).unwrap();
    assert_snapshot!(world.deps(), @"
    no packages are asked for in packages.yml
    there:
    ");
    world.release("acme/beta", "0.2.0", json!({}));
    let lock = Asked { add: Some(("acme/beta@0.2.0", "package")), lock: true, ..Asked::default() };
    assert_snapshot!(world.deps_as(&lock), @"
    wrote package-lock.yml
    there:
    ");
    assert_snapshot!(world.read("packages.yml"), @"
    packages:
      - package: acme/beta
        version: 0.2.0
    ");
}

#[test]
fn dependencies_yml_lists_packages_too_and_projects_beside_them() {
    let mut world = World::new("");
    fs::remove_file(world.path("packages.yml")).unwrap();
    world.file(
        "dependencies.yml",
        "projects:\n  - name: finance\npackages:\n  - package: acme/beta\n    version: 0.2.0\n",
    );
    world.release("acme/beta", "0.2.0", json!({}));
    world.release("acme/beta", "0.3.0", json!({}));
    assert_snapshot!(world.deps(), @"
    wrote package-lock.yml
    installed acme/beta 0.2.0 (0.3.0 is out)
    there: beta 0.2.0
    ");
    assert_snapshot!(world.deps_as(&Asked { add: Some(("acme/beta@0.3.0", "package")), ..Asked::default() }), @"
    `acme/beta` is replaced
    wrote package-lock.yml
    installed acme/beta 0.3.0
    there: beta 0.3.0
    ");
    assert_snapshot!(world.read("dependencies.yml"), @"
    projects:
      - name: finance
    packages:
      - package: acme/beta
        version: 0.3.0
    ");
    world.packages("packages: []\n");
    assert_snapshot!(world.deps(), @"
    error[conflicting-keys]: packages are listed in both packages.yml and dependencies.yml
     --> packages.yml:1:11
      |
    1 | packages: []
      |           ^^ here
      |
     ::: dependencies.yml:4:3
      |
    4 |   - package: acme/beta
      |   ^^^^^^^^^^^^^^^^^^^^ and here
      |
    help: move them all into one of the two
    there: beta 0.3.0
    ");
}

#[test]
fn the_folder_is_exchanged_whole_and_what_nobody_asks_for_goes() {
    let mut world = World::new("packages:\n  - package: acme/alpha\n    version: 1.0.0\n");
    world.file("dbt_project.yml", "name: shop\npackages-install-path: \"vendor/{{ var('folder', 'x') }}\"\n");
    world.file("vendor/x/old/dbt_project.yml", "name: old\n");
    world.release("acme/alpha", "1.0.0", json!({}));
    world.deps();
    let names = |path: &str| {
        let names = fs::read_dir(world.path(path)).unwrap().flatten();
        names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("vendor/x"), ["alpha"]);
    assert_eq!(names("vendor"), ["x"]);
    world.packages("packages: []\n");
    world.deps();
    assert_eq!(names("vendor/x"), [""; 0]);
    assert_snapshot!(world.read("package-lock.yml"), @"
    packages: []
    sha1_hash: da39a3ee5e6b4b0d3255bfef95601890afd80709
    ");
}

#[test]
fn packages_are_not_installed_over_the_project() {
    let world = World::new("packages: []\n");
    world.file("dbt_project.yml", "name: shop\npackages-install-path: ..\n");
    assert_snapshot!(world.deps(), @"
    error[protected-folder]: packages cannot be installed over the project itself
     --> dbt_project.yml:2:24
      |
    2 | packages-install-path: ..
      |                        ^^ holds the project
      |
    help: name a folder below the project: `dbt_packages`
    there:
    ");
}

#[test]
fn packages_that_are_missing_are_told_by_parse_and_come_with_deps() {
    let mut world = World::new("packages:\n  - package: acme/alpha\n    version: 1.0.0\n");
    world.file("profiles.yml", "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb}\n");
    let parse = || tamis(&["parse"]).within(&world.project).picture();
    assert_snapshot!(parse(), @"
    exit code: 2
    ----- stderr -----
    error[missing-package]: package `alpha` is not installed
     --> packages.yml:2:14
      |
    2 |   - package: acme/alpha
      |              ^^^^^^^^^^ asked for here
      |
    help: run `tamis deps`
    ");
    let wish = json!([{"package": "acme/beta", "version": "0.2.0"}]);
    world.release("acme/alpha", "1.0.0", json!({"packages": wish}));
    world.release("acme/beta", "0.2.0", json!({}));
    world.deps();
    let parse = || tamis(&["parse"]).within(&world.project).picture();
    assert!(parse().starts_with("exit code: 0"));
    fs::remove_dir_all(world.path("dbt_packages/beta")).unwrap();
    assert_snapshot!(parse(), @"
    exit code: 2
    ----- stderr -----
    error[missing-package]: package `beta` is not installed
     --> package-lock.yml:5:11
      |
    5 |   - name: beta
      |           ^^^^ asked for here
      |
    help: run `tamis deps`
    ");
}

#[test]
fn flags_that_say_too_little_are_refused() {
    let project = folder(&[("dbt_project.yml", "name: shop\n")]);
    assert_snapshot!(tamis(&["deps", "--add-package", "dbt-labs/dbt_utils"]).within(&project).picture(), @"
    exit code: 2
    ----- stderr -----
    error[bad-flag]: `--add-package dbt-labs/dbt_utils` needs a version
    help: write `--add-package dbt-labs/dbt_utils@1.0.0`, or `'dbt-labs/dbt_utils@>=1.0.0,<2.0.0'`
    ");
    assert_snapshot!(tamis(&["deps", "--source", "pypi"]).within(&project).picture(), @"
    exit code: 2
    ----- stderr -----
    error: invalid value 'pypi' for '--source <WORD>'
      [possible values: hub, git, local, tarball]

    For more information, try '--help'.
    ");
    assert_snapshot!(tamis(&["deps"]).within(&project).picture(), @"
    exit code: 0
    ----- stderr -----
    no packages are asked for in packages.yml
    ");
    assert_snapshot!(tamis(&["deps"]).picture(), @"
    exit code: 2
    ----- stderr -----
    error[no-project]: there is no `dbt_project.yml` in `[above]`, nor in any folder above
    help: go to a project, name one with `--project-dir`, or start one with `tamis init`
    ");
}
