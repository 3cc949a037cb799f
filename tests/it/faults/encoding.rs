//! Bytes that are no text, and texts that look unusual and are none the worse.

use insta::assert_snapshot;

use super::{project, said};

#[test]
fn yaml_in_utf_16() {
    let here = project(&[("models/schema.yml", &b"\xff\xfem\x00o\x00d\x00e\x00l\x00s\x00:\x00 \x00[\x00]\x00\n\x00")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[not-utf8]: `models/schema.yml` is not UTF-8 text
     --> models/schema.yml:1:1
      |
    1 | ��m␀o␀d␀e␀l␀s␀:␀ ␀[␀]␀
      | ^ the byte 0xff cannot stand here
      |
    help: save the file with the encoding UTF-8
    ");
}

#[test]
fn a_model_in_utf_16() {
    let here = project(&[("models/a.sql", &b"\xff\xfes\x00e\x00l\x00e\x00c\x00t\x00 \x001\x00")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[not-utf8]: `models/a.sql` is not UTF-8 text
     --> models/a.sql:1:1
      |
    1 | ��s␀e␀l␀e␀c␀t␀ ␀1␀
      | ^ the byte 0xff cannot stand here
      |
    help: save the file with the encoding UTF-8
    ");
}

#[test]
fn yaml_in_latin_1() {
    let here = project(&[("models/schema.yml", &b"models: [{name: orders, description: caf\xe9}]\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[not-utf8]: `models/schema.yml` is not UTF-8 text
     --> models/schema.yml:1:41
      |
    1 | models: [{name: orders, description: caf�}]
      |                                         ^ the byte 0xe9 cannot stand here
      |
    help: save the file with the encoding UTF-8
    ");
}

#[test]
fn a_seed_in_latin_1() {
    let here = project(&[("seeds/a.csv", &b"id,name\n1,caf\xe9\n")]);
    assert_snapshot!(said(&here, "seed"), @"
    exit code: 1
    ----- stderr -----
           Found 1 model, 1 seed
         Running 1 node on `dev` (duckdb, 1 thread)
           Error seed main.a                                                                                           [time]

    error[not-utf8]: seed `seeds/a.csv` is not valid UTF-8
     --> seeds/a.csv:2:6
      |
    2 | 1,caf�
      |      ^ this byte belongs to another encoding
      |
    help: save the file as UTF-8

          Failed seed in [time]: 0 ok, 1 failed
    ");
}

#[test]
fn a_byte_order_mark_is_no_fault() {
    let here = project(&[
        ("models/orders.sql", &b"\xef\xbb\xbfselect 1 as id"),
        ("models/schema.yml", &b"\xef\xbb\xbfmodels: [{name: orders, columns: [{name: id, tests: [unique]}]}]\n"),
        ("dbt_project.yml", &b"\xef\xbb\xbfname: shop\nprofile: shop\n"),
    ]);
    assert_snapshot!(said(&here, "run"), @"
    exit code: 0
    ----- stderr -----
           Found 1 model, 1 data test
         Running 1 node on `dev` (duckdb, 1 thread)
           Built view main.orders                                                                                      [time]

        Finished run in [time]: 1 ok
    ");
}

#[test]
fn windows_line_ends_are_no_fault() {
    let here = project(&[
        ("models/orders.sql", &"select 1 as id\r\n"),
        (
            "models/schema.yml",
            &"models:\r\n  - name: orders\r\n    columns:\r\n      - name: id\r\n        data_tests: [unique]\r\n",
        ),
        ("dbt_project.yml", &"name: shop\r\nprofile: shop\r\n"),
    ]);
    assert_snapshot!(said(&here, "build"), @"
    exit code: 0
    ----- stderr -----
           Found 1 model, 1 data test
         Running 2 nodes on `dev` (duckdb, 1 thread)
           Built view main.orders                                                                                      [time]
          Passed test unique_orders_id                                                                                 [time]

        Finished build in [time]: 2 ok
    ");
}

#[test]
fn a_zero_byte_in_yaml() {
    let here = project(&[("models/schema.yml", &b"models:\n  - name: or\x00ders\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[yaml-syntax]: found unprintable character
     --> models/schema.yml:2:13
      |
    2 |   - name: or␀ders
      |             ^ the file cannot be read beyond this place
    ");
}

#[test]
fn a_zero_byte_in_a_model() {
    let here = project(&[("models/orders.sql", &b"select 1 as id -- \x00\n")]);
    assert_snapshot!(said(&here, "run"), @"
    exit code: 1
    ----- stderr -----
           Found 1 model
         Running 1 node on `dev` (duckdb, 1 thread)
           Error view main.orders                                                                                      [time]

    error[database]: a zero byte cannot stand in a statement
     --> models/orders.sql:1:19
      |
    1 | select 1 as id -- ␀
      |                   ^
      |
      = note: compiled code at target/compiled/shop/models/orders.sql
    help: take the byte out: it is not text

          Failed run in [time]: 0 ok, 1 failed
    ");
}

#[test]
fn yaml_with_old_mac_line_ends() {
    let here = project(&[("models/schema.yml", &"models:\r  - name: orders\r    descripton: x\r")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 0
    ----- stderr -----
    warning[unknown-key]: unknown key `descripton` in models/schema.yml
     --> models/schema.yml:1:30
      |
    1 | models:␍  - name: orders␍    descripton: x␍
      |                              ^^^^^^^^^^ not a key of a model
      |
    help: did you mean `description`?

    read 1 model
    ");
}
