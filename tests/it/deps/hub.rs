//! Packages of the hub: versions, what they ask for themselves, and what cannot be.

use insta::assert_snapshot;
use serde_json::json;

use super::world::{Asked, World};

/// `acme/alpha` 1.1.0 asks for `acme/beta` below 0.3.0.
fn world(packages: &str) -> World {
    let mut world = World::new(packages);
    world.release("acme/alpha", "1.0.0", json!({}));
    world.release("acme/alpha", "1.1.0", json!({"packages": [{"package": "acme/beta", "version": ["<0.3.0"]}]}));
    world.release("acme/alpha", "2.0.0-rc1", json!({}));
    for version in ["0.2.0", "0.10.0", "0.3.0"] {
        world.release("acme/beta", version, json!({}));
    }
    world.release("acme/beta", "0.11.0", json!({"require_dbt_version": [">=1.13.0", "<2.0.0"]}));
    world
}

#[test]
fn the_highest_version_that_suits_everyone_is_installed() {
    let world = world("packages:\n  - package: acme/alpha\n    version: [\">=1.0.0\", \"<2.0.0\"]\n");
    assert_snapshot!(world.deps(), @"
    wrote package-lock.yml
    installed acme/alpha 1.1.0
    installed acme/beta 0.2.0 (0.10.0 is out)
    there: alpha 1.1.0, beta 0.2.0
    ");
    assert_snapshot!(world.read("package-lock.yml"), @"
    packages:
      - name: alpha
        package: acme/alpha
        version: 1.1.0
      - name: beta
        package: acme/beta
        version: 0.2.0
    sha1_hash: fae1d71a4ff9f823b12d50a7bf976985ab703d4f
    ");
}

#[test]
fn versions_that_want_another_dbt_and_prereleases_are_left_out_unless_asked_for() {
    let any = "packages:\n  - package: acme/beta\n    version: \">=0.0.1\"\n  - package: acme/alpha\n    version: \">1.1.0\"\n";
    let world = world(any);
    assert_snapshot!(world.deps(), @r#"
    error[missing-version]: the hub has no version of `acme/alpha` that is >1.1.0
     --> packages.yml:5:14
      |
    5 |     version: ">1.1.0"
      |              ^^^^^^^^ it is asked for here
      |
      = note: the newest versions are 1.1.0, 1.0.0
    help: add `install_prerelease: true` to take 2.0.0-rc1
    there:
    "#);
    world.packages(&format!("{any}    install_prerelease: true\n"));
    assert_snapshot!(world.deps_as(&Asked { no_version_check: true, ..Asked::default() }), @"
    wrote package-lock.yml
    installed acme/beta 0.11.0
    installed acme/alpha 2.0.0-rc1
    there: alpha 2.0.0-rc1, beta 0.11.0
    ");
    world.packages("packages:\n  - package: acme/alpha\n    version: 2.0.0-rc1\n");
    assert_snapshot!(world.deps(), @"
    wrote package-lock.yml
    installed acme/alpha 2.0.0-rc1
    there: alpha 2.0.0-rc1
    ");
}

#[test]
fn versions_that_cannot_both_be_are_pointed_at_with_who_asks() {
    let packages =
        "packages:\n  - package: acme/alpha\n    version: 1.1.0\n  - package: acme/beta\n    version: 0.10.0\n";
    assert_snapshot!(world(packages).deps(), @"
    error[conflicting-versions]: no version of `acme/beta` can be both `0.10.0` and `<0.3.0`
     --> packages.yml:2:14
      |
    2 |   - package: acme/alpha
      |              ^^^^^^^^^^ `alpha` asks for `<0.3.0`
    ...
    5 |     version: 0.10.0
      |              ------ `0.10.0` is asked for here
      |
    help: widen one of the two
    there:
    ");
    let packages = "packages:\n  - package: acme/alpha\n    version: [\">1.0.0\", \"<1.0.0\"]\n";
    assert_snapshot!(world(packages).deps(), @r#"
    error[conflicting-versions]: no version of `acme/alpha` can be both `>1.0.0` and `<1.0.0`
     --> packages.yml:3:14
      |
    3 |     version: [">1.0.0", "<1.0.0"]
      |              ^^^^^^^^^^^^^^^^^^^^ `<1.0.0` is asked for here
      |
    help: widen one of the two
    there:
    "#);
}

#[test]
fn packages_and_versions_that_are_not_there_are_all_told_with_what_is() {
    let packages = "packages:\n  - package: acme/alpha\n    version: \">=3.0.0\"\n  - package: acme/betta\n    version: 1.0.0\n  - package: other/alpha\n    version: 1.0.0\n";
    assert_snapshot!(world(packages).deps(), @r#"
    error[missing-version]: the hub has no version of `acme/alpha` that is >=3.0.0
     --> packages.yml:3:14
      |
    3 |     version: ">=3.0.0"
      |              ^^^^^^^^^ it is asked for here
      |
      = note: the newest versions are 1.1.0, 1.0.0
    help: change the range
    error[missing-package]: the hub has no package `acme/betta`
     --> packages.yml:4:14
      |
    4 |   - package: acme/betta
      |              ^^^^^^^^^^ it is asked for here
      |
      = note: cannot fetch HUB/api/v1/acme/betta.json: the server answered 404
    help: did you mean `acme/beta`?
    error[missing-package]: the hub has no package `other/alpha`
     --> packages.yml:6:14
      |
    6 |   - package: other/alpha
      |              ^^^^^^^^^^^ it is asked for here
      |
      = note: cannot fetch HUB/api/v1/other/alpha.json: the server answered 404
    help: did you mean `acme/alpha`?
    there:
    "#);
}

#[test]
fn versions_that_cannot_be_understood_are_told_with_how_they_are_written() {
    let packages = "packages:\n  - package: a/a\n    version: \">=1.0\"\n  - package: a/b\n    version: \">=1.0.0, <2.0.0\"\n  - package: a/c\n    version: [\"^1.0.0\"]\n";
    assert_snapshot!(World::new(packages).deps(), @r#"
    error[wrong-version]: `>=1.0` is no version of `a/a` that can be understood
     --> packages.yml:3:14
      |
    3 |     version: ">=1.0"
      |              ^^^^^^^
      |
    help: versions have three numbers: write `>=1.0.0`
    error[wrong-version]: `>=1.0.0, <2.0.0` is no version of `a/b` that can be understood
     --> packages.yml:5:14
      |
    5 |     version: ">=1.0.0, <2.0.0"
      |              ^^^^^^^^^^^^^^^^^
      |
    help: write `version: [">=1.0.0", "<2.0.0"]`
    error[wrong-version]: `^1.0.0` is no version of `a/c` that can be understood
     --> packages.yml:7:14
      |
    7 |     version: ["^1.0.0"]
      |              ^^^^^^^^^^
      |
    help: write three numbers, such as `1.0.0`, or a range: `[">=1.0.0", "<2.0.0"]`
    there:
    "#);
}

#[test]
fn keys_that_are_wrong_missing_or_of_another_kind_are_pointed_at() {
    let packages = "packages:\n  - package: alpha\n    revision: 1.0.0\n  - git: x\n    version: 1.0.0\n    warn-unpinned: maybe\n  - tarball: http://files.example/x.tar.gz\n  - git: x\n    local: y\n  - hello\nprojects: []\n";
    assert_snapshot!(World::new(packages).deps(), @r#"
    error[misplaced-key]: `projects` cannot stand in packages.yml
      --> packages.yml:11:1
       |
    11 | projects: []
       | ^^^^^^^^ not read here
       |
    help: move it into dependencies.yml
    error[misplaced-key]: `revision` is a key of git packages, not of hub packages
     --> packages.yml:3:5
      |
    3 |     revision: 1.0.0
      |     ^^^^^^^^ not read here
      |
    help: did you mean `version`?
    error[missing-key]: package `alpha` has no `version`
     --> packages.yml:2:14
      |
    2 |   - package: alpha
      |              ^^^^^ needs a `version` below it
      |
    help: write `version: [">=1.0.0", "<2.0.0"]`, or one exact version
    error[wrong-name]: `alpha` is no name of the hub
     --> packages.yml:2:14
      |
    2 |   - package: alpha
      |              ^^^^^ no namespace
      |
    help: write it with its namespace: `dbt-labs/alpha`
    error[misplaced-key]: `version` is a key of hub packages, not of git packages
     --> packages.yml:5:5
      |
    5 |     version: 1.0.0
      |     ^^^^^^^ not read here
      |
    help: did you mean `revision`?
    error[wrong-type]: `warn-unpinned` of a package must be true or false
     --> packages.yml:6:20
      |
    6 |     warn-unpinned: maybe
      |                    ^^^^^ something else
    error[missing-key]: package `http://files.example/x.tar.gz` has no `name`
     --> packages.yml:7:14
      |
    7 |   - tarball: http://files.example/x.tar.gz
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ needs a `name` below it
      |
    help: write `name: ` and the name of the package's own project
    error[conflicting-keys]: a package cannot be both `local` and `git`
     --> packages.yml:9:12
      |
    8 |   - git: x
      |          - and this
    9 |     local: y
      |            ^ this
      |
    help: keep one, or make them two entries
    error[wrong-type]: a package needs one of `package`, `git`, `local`, `tarball`
      --> packages.yml:10:5
       |
    10 |   - hello
       |     ^^^^^ does not say what it is
       |
    help: write `- package: dbt-labs/dbt_utils` with a `version` below it
    there:
    "#);
}

#[test]
fn a_hub_that_cannot_be_reached_is_told_once_for_each_package_and_nothing_is_changed() {
    let world = world("packages:\n  - package: acme/beta\n    version: 0.2.0\n");
    world.hub.go_down();
    let told = world.deps();
    let told = told.lines().filter(|line| !line.contains("cannot fetch")).collect::<Vec<_>>().join("\n");
    assert_snapshot!(told, @"
     --> packages.yml:2:14
      |
    2 |   - package: acme/beta
      |              ^^^^^^^^^ it is asked for here
      |
      = note: tried 4 times
    help: check the network and the address, then run `tamis deps` again; nothing was changed
    there:
    ");
    assert_eq!(world.read("package-lock.yml"), "(none)");
}

#[test]
fn a_second_time_needs_no_network() {
    let world = world("packages:\n  - package: acme/beta\n    version: \"<=0.3.0\"\n");
    world.deps();
    assert_snapshot!(world.hub.asked(), @"/acme/beta/0.3.0.tar.gz /api/v1/acme/beta.json");
    world.hub.go_down();
    std::fs::remove_dir_all(world.path("dbt_packages")).unwrap();
    assert_snapshot!(world.deps(), @"
    installed acme/beta 0.3.0
    there: beta 0.3.0
    ");
    std::fs::remove_file(world.path("package-lock.yml")).unwrap();
    assert_snapshot!(world.deps(), @"
    wrote package-lock.yml
    installed acme/beta 0.3.0 (0.10.0 is out)
    warning[no-network]: the network is not there: an earlier answer is used
     |
     = note: of an earlier call: what the hub says of `acme/beta`
    help: run `tamis deps --upgrade` when it is back
    there: beta 0.3.0
    ");
    // Who asks for news is not put off with old ones.
    assert!(world.deps_as(&Asked { upgrade: true, ..Asked::default() }).contains("fetch-failed"));
    assert_eq!(world.hub.asked(), "");
}

#[test]
fn the_lock_holds_until_an_upgrade_or_another_wish() {
    let mut world = world("packages:\n  - package: acme/beta\n    version: \">=0.1.0\"\n");
    world.deps();
    world.release("acme/beta", "0.12.0", json!({}));
    assert_snapshot!(world.deps(), @"
    installed acme/beta 0.10.0
    there: beta 0.10.0
    ");
    assert_snapshot!(world.deps_as(&Asked { upgrade: true, ..Asked::default() }), @"
    wrote package-lock.yml
    installed acme/beta 0.12.0
    there: beta 0.12.0
    ");
    world.packages("packages:\n  - package: acme/beta\n    version: \"<0.12.0\"\n");
    assert_snapshot!(world.deps_as(&Asked { lock: true, ..Asked::default() }), @"
    wrote package-lock.yml
    there: beta 0.12.0
    ");
    assert_snapshot!(world.deps(), @"
    installed acme/beta 0.10.0
    there: beta 0.10.0
    ");
}

#[test]
fn packages_that_ask_for_each_other_in_a_circle_come_to_an_end() {
    let mut world = World::new("packages:\n  - package: acme/a\n    version: 1.0.0\n");
    world.release("acme/a", "1.0.0", json!({"packages": [{"package": "acme/b", "version": "1.0.0"}]}));
    world.release("acme/b", "1.0.0", json!({"packages": [{"package": "acme/a", "version": ">=1.0.0"}]}));
    assert_snapshot!(world.deps(), @"
    wrote package-lock.yml
    installed acme/a 1.0.0
    installed acme/b 1.0.0
    there: a 1.0.0, b 1.0.0
    ");
}

#[test]
fn a_renamed_package_is_installed_with_a_word() {
    let mut world = World::new("packages:\n  - package: acme/old\n    version: 1.0.0\n");
    world.release("acme/old", "1.0.0", json!({}));
    let answer = json!({
        "name": "old", "namespace": "acme", "redirectname": "new",
        "versions": {"1.0.0": {
            "name": "old", "packages": [],
            "downloads": {"tarball": format!("{}/acme/old/1.0.0.tar.gz", world.hub.address)},
        }},
    });
    world.hub.serve("/api/v1/acme/old.json", answer.to_string());
    assert_snapshot!(world.deps(), @"
    wrote package-lock.yml
    installed acme/old 1.0.0
    warning[renamed-package]: `acme/old` has become `acme/new`
     --> packages.yml:2:14
      |
    2 |   - package: acme/old
      |              ^^^^^^^^ the old name is asked for here
      |
    help: ask for `acme/new`
    there: old 1.0.0
    ");
}

#[test]
fn one_package_from_two_places_is_told_with_both() {
    let mut world = World::new(
        "packages:\n  - package: acme/alpha\n    version: 1.0.0\n  - tarball: HUB/acme/alpha/1.0.0.tar.gz\n    name: alpha\n  - local: shop_too\n",
    );
    world.file("shop_too/dbt_project.yml", "name: shop\n");
    world.release("acme/alpha", "1.0.0", json!({}));
    assert_snapshot!(world.deps(), @"
    error[duplicate-package]: two packages are named `alpha`
     --> packages.yml:4:14
      |
    2 |   - package: acme/alpha
      |              ---------- `alpha` is asked for here, from acme/alpha
    3 |     version: 1.0.0
    4 |   - tarball: HUB/acme/alpha/1.0.0.tar.gz
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `alpha` is asked for here, from HUB/acme/alpha/1.0.0.tar.gz
      |
    help: ask for it in one way everywhere: from the hub, or from its repository
    error[duplicate-package]: a package is named `shop`, as the project itself is
     --> packages.yml:6:12
      |
    6 |   - local: shop_too
      |            ^^^^^^^^ `shop` is asked for here
      |
     ::: dbt_project.yml:1:7
      |
    1 | name: shop
      |       ^^^^ the project's name
      |
    help: rename the project, or remove the package
    there:
    ");
}

#[test]
fn a_lock_that_does_not_hold_any_more_is_pointed_at() {
    let world = world("packages:\n  - package: acme/beta\n    version: 0.2.0\n");
    world.deps();
    let lock = world.read("package-lock.yml");
    world.file("package-lock.yml", &lock.replace("0.2.0", "0.2.1"));
    assert_snapshot!(world.deps(), @"
    error[missing-version]: package `acme/beta` cannot be had: the hub has no version 0.2.1 of it
     --> package-lock.yml:3:14
      |
    3 |     package: acme/beta
      |              ^^^^^^^^^ `beta` is asked for here
      |
    help: run `tamis deps --upgrade`
    there: beta 0.2.0
    ");
    world.file("package-lock.yml", &lock.replace("- name: beta", "- name: ../../beta"));
    assert_snapshot!(world.deps(), @"
    error[wrong-name]: `../../beta` cannot be the name of a package
     --> package-lock.yml:3:14
      |
    3 |     package: acme/beta
      |              ^^^^^^^^^ `../../beta` is asked for here
      |
    help: names are letters, digits and underscores
    there: beta 0.2.0
    ");
    world.file("package-lock.yml", "packages: [");
    assert_snapshot!(world.deps(), @"
    error[yaml-syntax]: `[` is not closed
     --> package-lock.yml:1:11
      |
    1 | packages: [
      |           ^ opened here
      |
    help: remove `package-lock.yml`, and run `tamis deps` again: it is made anew
    there: beta 0.2.0
    ");
}
