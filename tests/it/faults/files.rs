//! Files and folders, and packages of them.

use insta::assert_snapshot;

use super::{link, project, said};

#[test]
#[cfg(unix)]
fn links_that_go_round() {
    let here = project(&[]);
    link(&here, ".", "models/loop");
    link(&here, "../models", "models/up");
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[symlink-loop]: `models/loop` links back to `models`, which it lies in
    --> models/loop
     |
    help: remove the link, or add `models/loop/` to .dbtignore

    error[symlink-loop]: `models/up` links back to `models`, which it lies in
    --> models/up
     |
    help: remove the link, or add `models/up/` to .dbtignore
    ");
}

#[test]
#[cfg(unix)]
fn a_link_to_nothing() {
    let here = project(&[]);
    link(&here, "nowhere.sql", "models/gone.sql");
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 0
    ----- stderr -----
    warning[unreadable-file]: `models/gone.sql` is a link to `nowhere.sql`, which does not exist
    --> models/gone.sql
     = note: not read
    help: correct the link, or remove it

    read 1 model
    ");
}

#[test]
fn a_folder_that_is_named_like_a_model() {
    let here = project(&[("models/a.sql/b.sql", &"select 1 as id")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 0
    ----- stderr -----
    read 2 models
    ");
}

#[test]
fn a_model_folder_that_is_not_there() {
    let here = project(&[(
        "dbt_project.yml",
        &"name: shop
profile: shop
model-paths: [modles]
",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 0
    ----- stderr -----
    warning[missing-folder]: `model-paths` names `modles`, which does not exist
     --> dbt_project.yml:3:15
      |
    3 | model-paths: [modles]
      |               ^^^^^^ no such folder
      |
    help: did you mean `models`?

    read an empty project
    ");
}

#[test]
fn an_empty_model() {
    let here = project(&[("models/a.sql", &"")]);
    assert_snapshot!(said(&here, "run"), @"
    exit code: 0
    ----- stderr -----
    warning[empty-model]: model `a` is empty, so it is never built
    --> models/a.sql
     |
    help: write a `select`, or remove the file

           Found 2 models
         Running 1 node on `dev` (duckdb, 1 thread)
           Built view main.orders                                                                                      [time]

        Finished run in [time]: 1 ok
    ");
}

#[test]
fn a_model_of_comments_only() {
    let here = project(&[("models/a.sql", &"-- nothing yet\n")]);
    assert_snapshot!(said(&here, "run"), @"
    exit code: 1
    ----- stderr -----
           Found 2 models
         Running 2 nodes on `dev` (duckdb, 1 thread)
           Error view main.a                                                                                           [time]
           Built view main.orders                                                                                      [time]

    error[no-query]: model `a` has no query
     --> models/a.sql:1:1
      |
    1 | -- nothing yet
      | ^^^^^^^^^^^^^^ comments only
      |
      = note: compiled code at target/compiled/shop/models/a.sql
    help: write a `select`, or remove the file

          Failed run in [time]: 1 ok, 1 failed
    ");
}

#[test]
fn a_huge_model() {
    let here = project(&[("models/a.sql", &format!("select 1 as id -- {}", "x".repeat(5_000_000)))]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 0
    ----- stderr -----
    read 2 models
    ");
}

#[test]
fn a_name_of_a_file_with_a_blank() {
    let here = project(&[("models/my orders.sql", &"select 1 as id")]);
    assert_snapshot!(said(&here, "run"), @"
    exit code: 2
    ----- stderr -----
    error[invalid-name]: the name `my orders` has a space in it
     --> models/my orders.sql:1:1
      |
    1 | select 1 as id
      | ^ this resource
      |
    help: rename it to `my_orders`
    ");
}

#[test]
fn an_empty_seed() {
    let here = project(&[("seeds/a.csv", &"")]);
    assert_snapshot!(said(&here, "seed"), @"
    exit code: 1
    ----- stderr -----
           Found 1 model, 1 seed
         Running 1 node on `dev` (duckdb, 1 thread)
           Error seed main.a                                                                                           [time]

    error[seed-header]: seed `seeds/a.csv` is empty
    --> seeds/a.csv
     = note: a header line is expected here
    help: begin the file with a line of column names

          Failed seed in [time]: 0 ok, 1 failed
    ");
}

#[test]
fn a_seed_with_a_column_twice() {
    let here = project(&[(
        "seeds/a.csv",
        &"id,id
1,2
",
    )]);
    assert_snapshot!(said(&here, "seed"), @"
    exit code: 1
    ----- stderr -----
           Found 1 model, 1 seed
         Running 1 node on `dev` (duckdb, 1 thread)
           Error seed main.a                                                                                           [time]

    error[seed-header]: seed `seeds/a.csv` has two columns named `id`
     --> seeds/a.csv:1:4
      |
    1 | id,id
      | -- ^^ this name was taken
      | |
      | by this column
      |
    help: rename one of the two

          Failed seed in [time]: 0 ok, 1 failed
    ");
}

#[test]
fn a_seed_with_an_open_quote() {
    let here = project(&[("seeds/a.csv", &"id,name\n1,\"open\n2,b\n")]);
    assert_snapshot!(said(&here, "seed"), @r#"
    exit code: 1
    ----- stderr -----
           Found 1 model, 1 seed
         Running 1 node on `dev` (duckdb, 1 thread)
           Error seed main.a                                                                                           [time]

    error[seed-quote]: seed `seeds/a.csv` has a quote that is never closed
     --> seeds/a.csv:2:3
      |
    2 | 1,"open
      |   ^^^^^ this value runs to the end of the file
      |
    help: close the quote; a quote inside a value is written twice

          Failed seed in [time]: 0 ok, 1 failed
    "#);
}

#[test]
fn two_seeds_of_one_name() {
    let here = project(&[
        (
            "seeds/a.csv",
            &"id
1
",
        ),
        (
            "seeds/b/a.csv",
            &"id
1
",
        ),
    ]);
    assert_snapshot!(said(&here, "seed"), @"
    exit code: 2
    ----- stderr -----
    error[duplicate-name]: there are two seeds called `a`
    --> seeds/b/a.csv
     = note: again here
    ::: seeds/a.csv
     = note: first here
    help: rename one of the files, or disable one of the two
    ");
}

#[test]
fn a_package_without_a_project_file() {
    let here = project(&[("dbt_packages/x/readme.md", &"x")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[missing-package]: `dbt_packages/x` has no `dbt_project.yml`
    help: remove the folder, or run `tamis deps` again
    ");
}

#[test]
fn two_packages_of_one_name() {
    let here =
        project(&[("dbt_packages/x/dbt_project.yml", &"name: x\n"), ("dbt_packages/y/dbt_project.yml", &"name: x\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[duplicate-package]: two packages are named `x`
     --> dbt_packages/y/dbt_project.yml:1:7
      |
    1 | name: x
      |       ^ this one
      |
     ::: dbt_packages/x/dbt_project.yml:1:7
      |
    1 | name: x
      |       ^ and this one
      |
    help: rename one of them, or remove the package that is not used
    ");
}

#[test]
fn a_package_named_like_the_project() {
    let here = project(&[("dbt_packages/x/dbt_project.yml", &"name: shop\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[duplicate-package]: two packages are named `shop`
     --> dbt_packages/x/dbt_project.yml:1:7
      |
    1 | name: shop
      |       ^^^^ this one
      |
     ::: dbt_project.yml:1:7
      |
    1 | name: shop
      |       ^^^^ and this one
      |
    help: rename one of them, or remove the package that is not used
    ");
}

#[test]
fn packages_that_were_not_fetched() {
    let here = project(&[("packages.yml", &"packages: [{package: dbt-labs/dbt_utils, version: 1.1.0}]\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[missing-package]: package `dbt_utils` is not installed
     --> packages.yml:1:22
      |
    1 | packages: [{package: dbt-labs/dbt_utils, version: 1.1.0}]
      |                      ^^^^^^^^^^^^^^^^^^ asked for here
      |
    help: run `tamis deps`
    ");
}
