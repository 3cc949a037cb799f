//! Packages out of git repositories that the test makes itself.

use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;
use serde_json::json;
use tempfile::TempDir;

use super::world::World;
use crate::binary::{folder, tamis, write};

/// The same author, time and files make the same commits everywhere.
fn git(folder: &Path, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(words).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "a").env(format!("GIT_{who}_EMAIL"), "a@example");
        command.env(format!("GIT_{who}_DATE"), "2020-01-01T00:00:00Z");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}

/// A package at its root and another one below it, in one commit with two tags.
fn repository() -> TempDir {
    let folder = folder(&[("dbt_project.yml", "name: remote\n"), ("sub/dbt_project.yml", "name: below\n")]);
    git(folder.path(), &["init", "-q", "-b", "main", "."]);
    commit(folder.path(), "one");
    git(folder.path(), &["tag", "v1.0"]);
    git(folder.path(), &["tag", "1.0"]);
    folder
}

fn commit(folder: &Path, message: &str) -> String {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", message]);
    git(folder, &["rev-parse", "HEAD"])
}

fn world(repository: &TempDir, entries: &str) -> World {
    let packages = entries.replace("REPO", &format!("file://{}", repository.path().display()));
    World::new(&format!("packages:\n{packages}"))
}

fn deps(world: &World, repository: &TempDir) -> String {
    world.deps().replace(&repository.path().display().to_string(), "/repo")
}

/// The lock was written by dbt-core 1.12.6 for the same packages.yml, hub and repositories.
#[test]
fn the_lock_is_dbts_to_the_byte_and_secrets_are_nowhere() {
    let repository = repository();
    let mut world = World::new(include_str!("../../fixtures/deps/packages.yml"));
    world.file("tools/dbt_project.yml", "name: tools\n");
    world.release("acme/alpha", "1.0.0", json!({}));
    let wish = json!([{"package": "acme/beta", "version": [">=0.1.0", "<0.3.0"]}]);
    world.release("acme/alpha", "1.1.0", json!({"packages": wish}));
    world.release("acme/beta", "0.2.5", json!({}));
    world.release("acme/beta", "0.10.0", json!({}));
    let config = format!(
        "[url \"file://{}\"]\n  insteadOf = https://geheim@git.example/acme/remote.git\n  insteadOf = https://git.example/acme/mono.git\n",
        repository.path().display()
    );
    world.file("gitconfig", &config);
    let call = |words: &[&str]| {
        let call = tamis(words).within(&world.project).env("PATH", &std::env::var("PATH").unwrap());
        let call = call.env("GIT_CONFIG_GLOBAL", &world.path("gitconfig").display().to_string());
        let call = call.env("DBT_PACKAGE_HUB_URL", &world.hub.address).env("DBT_ENV_SECRET_TOKEN", "geheim");
        call.env("TAMIS_CACHE", &world.cache.path().display().to_string())
    };
    assert_snapshot!(call(&["deps"]).picture(), @"
    exit code: 0
    ----- stderr -----
    wrote package-lock.yml
    installed acme/alpha 1.1.0
    installed acme/beta 0.2.5 (0.10.0 is out)
    installed remote at commit 328f171 (from https://git.example/acme/remote.git)
    installed below at commit 328f171 (from https://git.example/acme/mono.git/sub)
    installed tools as a link (from ./tools)
    ");
    assert_eq!(world.read("package-lock.yml"), include_str!("../../fixtures/deps/package-lock.yml"));
    for entry in
        walkdir::WalkDir::new(world.cache.path()).into_iter().chain(walkdir::WalkDir::new(world.project.path()))
    {
        let entry = entry.unwrap();
        let is_ours = entry.file_name() != "gitconfig" && entry.file_type().is_file();
        let bytes = if is_ours { std::fs::read(entry.path()).unwrap() } else { Vec::new() };
        assert!(!String::from_utf8_lossy(&bytes).contains("geheim"), "{}", entry.path().display());
    }
    // dbt's own lock is taken as it is, and needs nobody.
    world.file("package-lock.yml", include_str!("../../fixtures/deps/package-lock.yml"));
    world.hub.go_down();
    drop(repository);
    assert_eq!(call(&["deps", "--quiet"]).run().code, 0);
}

#[test]
fn a_revision_is_a_tag_a_branch_or_a_commit_and_a_folder_may_be_named() {
    let repository = repository();
    let first = git(repository.path(), &["rev-parse", "HEAD"]);
    write(repository.path(), "sub/dbt_project.yml", "name: below\nversion: 2\n");
    write(repository.path(), "dbt_project.yml", "name: remote\nversion: 2\n");
    commit(repository.path(), "two");
    let entry = |more: &str| format!("  - git: REPO\n    warn-unpinned: false\n{more}");
    for (more, there) in [
        (String::new(), "there: remote 2"),
        ("    revision: main\n".to_string(), "there: remote 2"),
        ("    revision: 1.0\n".to_string(), "there: remote"),
        (format!("    revision: {first}\n"), "there: remote"),
        ("    subdirectory: sub\n".to_string(), "there: below 2"),
        ("    subdirectory: sub/\n    revision: v1.0\n".to_string(), "there: below"),
    ] {
        let told = deps(&world(&repository, &entry(&more)), &repository);
        assert!(told.ends_with(there), "{more}: {told}");
    }
}

#[test]
fn a_moving_revision_is_warned_of_and_locked_to_its_commit() {
    let repository = repository();
    let world = world(&repository, "  - git: REPO\n");
    assert_snapshot!(deps(&world, &repository), @"
    wrote package-lock.yml
    installed remote at commit 328f171 (from file:///repo)
    warning[unpinned-package]: `file:///repo` is not pinned to a version
     --> packages.yml:2:10
      |
    2 |   - git: file:///repo
      |          ^^^^^^^^^^^^^^^^^^^^^^ whatever `HEAD` is at the moment is asked for here
      |
    help: set `revision` to a tag or a commit; or `warn-unpinned: false`, if that is meant
    there: remote
    ");
    write(repository.path(), "dbt_project.yml", "name: remote\nversion: 2\n");
    commit(repository.path(), "two");
    assert_snapshot!(deps(&world, &repository), @"
    installed remote at commit 328f171 (from file:///repo)
    there: remote
    ");
}

#[test]
fn what_a_repository_does_not_have_is_told() {
    let repository = repository();
    let gone = "  - git: REPO/gone\n    revision: v1\n";
    let packages = format!(
        "{gone}  - git: REPO\n    revision: v1.1\n  - git: REPO\n    revision: v1.0\n    subdirectory: subb\n  - git: REPO\n    revision: \"{}\"\n    subdirectory: sub\n",
        "0".repeat(40)
    );
    assert_snapshot!(deps(&world(&repository, &packages), &repository), @"
    error[git-failed]: package `file:///repo/gone` cannot be had: git cannot read file:///repo/gone
     --> packages.yml:2:10
      |
    2 |   - git: file:///repo/gone
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^ it is asked for here
      |
      = note: git: fatal: '/repo/gone' does not appear to be a git repository
      = note: git: fatal: Could not read from remote repository.
      = note: git: Please make sure you have the correct access rights
      = note: git: and the repository exists.
    help: check the address and who may read it: git must get in without a question, by ssh, a credential helper, or a token in `{{ env_var('DBT_ENV_SECRET_…') }}`
    error[missing-revision]: package `file:///repo` cannot be had: the repository has no tag or branch `v1.1`
     --> packages.yml:4:10
      |
    4 |   - git: file:///repo
      |          ^^^^^^^^^^^^^^^^^^^^^^ it is asked for here
      |
    help: did you mean `v1.0`?
    error[missing-folder]: package `file:///repo/subb` cannot be had: the repository has no folder `subb` at `328f171`
     --> packages.yml:6:10
      |
    6 |   - git: file:///repo
      |          ^^^^^^^^^^^^^^^^^^^^^^ it is asked for here
      |
    help: correct `subdirectory`
    error[missing-revision]: package `file:///repo/sub` cannot be had: the repository has no commit `0000000000000000000000000000000000000000`
     --> packages.yml:9:10
      |
    9 |   - git: file:///repo
      |          ^^^^^^^^^^^^^^^^^^^^^^ it is asked for here
      |
    help: use a tag, a branch, or another commit
    there:
    ");
}

#[test]
fn two_revisions_of_one_repository_are_a_conflict() {
    let repository = repository();
    let packages = "  - git: REPO\n    revision: v1.0\n  - git: REPO.git\n    revision: main\n";
    assert_snapshot!(deps(&world(&repository, packages), &repository), @"
    error[conflicting-versions]: `file:///repo` is asked for at two revisions
     --> packages.yml:5:15
      |
    3 |     revision: v1.0
      |               ---- `v1.0` is asked for here
    4 |   - git: file:///repo.git
    5 |     revision: main
      |               ^^^^ `main` is asked for here
      |
    help: make them one
    there:
    ");
}

#[test]
fn a_package_out_of_a_repository_brings_its_own() {
    let repository = repository();
    write(repository.path(), "packages.yml", "packages:\n  - package: acme/alpha\n    version: 1.0.0\n");
    commit(repository.path(), "two");
    let mut world = world(&repository, "  - git: REPO\n    revision: main\n    warn-unpinned: false\n");
    world.release("acme/alpha", "1.1.0", json!({}));
    assert_snapshot!(deps(&world, &repository), @"
    error[missing-version]: the hub has no version of `acme/alpha` that is 1.0.0
     --> packages.yml:2:10
      |
    2 |   - git: file:///repo
      |          ^^^^^^^^^^^^^^^^^^^^^^ `remote` asks for it
      |
      = note: the newest versions are 1.1.0
    help: change the range
    there:
    ");
    world.release("acme/alpha", "1.0.0", json!({}));
    assert_snapshot!(deps(&world, &repository), @"
    wrote package-lock.yml
    installed remote at commit 6ff2459 (from file:///repo)
    installed acme/alpha 1.0.0 (1.1.0 is out)
    there: alpha 1.0.0, remote
    ");
}

#[test]
fn a_link_out_of_the_repository_is_refused() {
    let repository = repository();
    std::os::unix::fs::symlink("/etc", repository.path().join("models")).unwrap();
    commit(repository.path(), "two");
    let world = world(&repository, "  - git: REPO\n    revision: main\n    warn-unpinned: false\n");
    assert_snapshot!(deps(&world, &repository), @"
    error[unsafe-archive]: package `file:///repo` cannot be had: its link `models` leads out of the package
     --> packages.yml:2:10
      |
    2 |   - git: file:///repo
      |          ^^^^^^^^^^^^^^^^^^^^^^ it is asked for here
      |
    help: do not use it; tell its authors
    there:
    ");
}
