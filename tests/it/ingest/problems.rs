//! Wrong YAML and wrong inputs: each is one pointed message, and the table stands as before.

use insta::assert_snapshot;

use super::fixture::{World, drawn};

/// Everything that is said about a declaration.
fn refused(yaml: &str) -> String {
    let (pipelines, problems) = World::new(yaml).declare();
    let names: Vec<_> = pipelines.iter().map(|pipeline| pipeline.name.as_str()).collect();
    format!("{}declared: {}", drawn(&problems), names.join(" "))
}

const ITEMS: &str = "
ingest:
  - name: items
    from: {path: items.csv}
    columns:
      - {name: id, type: bigint, required: true}
      - {name: sold_on, type: date}
      - {name: price, type: double, min: 0}
    bad_rows: {max_share: 0.5}
    into: {table: staging.items}
";

/// Loads two good rows, then something else: what is said, and what the table holds afterwards.
fn after_a_good_load(change: impl FnOnce(&mut World)) -> String {
    let mut world = World::new(ITEMS);
    world.file("items.csv", "id,sold_on,price\n1,2020-01-01,1.5\n2,,\n");
    let first = world.run(None);
    assert!(first.reports[0].problem.is_none(), "{}", first.shown());
    change(&mut world);
    let outcome = world.run(None);
    let root = world.folder.path().display().to_string();
    let table = world.query("select count(*), sum(id) from staging.items");
    format!("{}table: {table}", outcome.shown().replace(&root, "<root>"))
}

#[test]
fn unknown_keys_and_types_name_the_nearest() {
    assert_snapshot!(refused("
ingest:
  - name: items
    form: {path: items.csv}
    columns: [{name: id, typ: bigint}, {name: x, type: varhcar}]
    into: {lake: lake/items, tabel: staging.items}
"), @r"
error[unknown-key]: a pipeline has no key `form`
  --> models/staging/sources.yml:4:5 form: not known
  help: did you mean `from`?
error[invalid-ingest]: a pipeline needs `from`
  --> models/staging/sources.yml:3:5 name: items: `from` is missing
error[unknown-key]: a column has no key `typ`
  --> models/staging/sources.yml:5:26 typ: not known
  help: did you mean `type`?
error[invalid-ingest]: a column needs `type`
  --> models/staging/sources.yml:5:15 {name: id, typ: bigint}: `type` is missing
error[invalid-ingest]: there is no type `varhcar`
  --> models/staging/sources.yml:5:56 varhcar: not known
  help: did you mean `varchar`?
declared:
");
}

#[test]
fn a_pipeline_says_whence_and_whither_once() {
    assert_snapshot!(refused("
ingest:
  - name: nowhere
    columns: [{name: id, type: bigint}]
    into: {lake: a}
  - name: twice
    from: {path: a.csv, url: 'https://data.example/a.csv'}
    columns: [{name: id, type: bigint}]
    into: {}
  - name: no address
    from: {url: data.example/a.csv}
  - name: plain
    from: {url: data.example/a.csv, delimiter: ';;', page_rows: 10}
    columns: [{name: id, type: bigint}]
    into: {mode: append, lake: a}
"), @r"
error[invalid-ingest]: `no address` is no name for a pipeline: letters, digits and `_` only
  --> models/staging/sources.yml:10:11 no address: it names a folder and a table too
error[invalid-ingest]: a pipeline needs `from`
  --> models/staging/sources.yml:3:5 name: nowhere: `from` is missing
error[invalid-ingest]: `from` says more than one place
  --> models/staging/sources.yml:7:11 {path: a.csv, url: 'https://data.example/a.csv'}: one of `path`, `url`, `socrata`, `pipeline`
error[invalid-ingest]: `into` does not say where
  --> models/staging/sources.yml:9:11 {}: a `lake`, a `table`, or both
error[invalid-ingest]: `data.example/a.csv` is no web address
  --> models/staging/sources.yml:13:17 data.example/a.csv: write it with its scheme: `https://…`
error[invalid-ingest]: there is no `mode` `append`
  --> models/staging/sources.yml:15:18 append: not known
  note: known: replace
declared:
");
}

#[test]
fn conditions_are_checked_against_the_columns() {
    assert_snapshot!(refused("
ingest:
  - name: items
    from: {path: items.csv}
    columns:
      - {name: id, type: bigint, pattern: '[0-9]+'}
      - {name: sold_on, type: date, min: 01/02/2020}
      - {name: code, type: varchar, format: '%Y', pattern: '('}
      - {name: shipped_on, type: date, format: '%d.%m.%y'}
    filters:
      - {name: a, keep_when: {column: idd, greater_than: 0}}
      - {name: b, keep_when: {column: id, greater_than: many}}
      - {name: c, keep_when: {column: id, at_lest: 3}}
      - {name: d, keep_when: {column: id, less_than: {column: sold_on}}}
      - {name: e, drop_when: {column: id}, keep_when: {column: id, is: present}}
      - {name: f, drop_when: {any: []}}
      - {name: g, drop_when: {column: sold_on, matches: x}}
      - {name: g, drop_when: {column: code, is: empty}}
    into: {lake: lake/items}
"), @r"
error[invalid-ingest]: `pattern` looks at text; `id` is bigint
  --> models/staging/sources.yml:6:43 '[0-9]+': leave it out
error[invalid-ingest]: `01/02/2020` is not a value of type date
  --> models/staging/sources.yml:7:42 01/02/2020: dates are written `2020-01-31`
error[invalid-ingest]: `format` is for dates and timestamps; `code` is varchar
  --> models/staging/sources.yml:8:45 '%Y': leave it out
error[invalid-ingest]: `%Y` has no year and month
  --> models/staging/sources.yml:8:45 '%Y': a date needs them
error[invalid-ingest]: `(` is not a regular expression
  --> models/staging/sources.yml:8:60 '(': Parsing error at position 7: Opening parenthesis without closing parenthesis
error[invalid-ingest]: `%y` is not known in a format
  --> models/staging/sources.yml:9:48 '%d.%m.%y': known: %Y %m %b %B %d %H %I %M %S %f %.f %p %%
error[invalid-ingest]: there is no column `idd`
  --> models/staging/sources.yml:11:39 idd: not known
  help: did you mean `id`?
error[invalid-ingest]: `many` is not a value of type bigint
  --> models/staging/sources.yml:12:57 many: the column is bigint
error[unknown-key]: a condition has no key `at_lest`
  --> models/staging/sources.yml:13:43 at_lest: not known
  help: did you mean `at_least`?
error[invalid-ingest]: bigint cannot be compared with date
  --> models/staging/sources.yml:14:63 sold_on: another type
error[invalid-ingest]: filter `e` needs `drop_when` or `keep_when`, one of them
  --> models/staging/sources.yml:15:9 {name: e, drop_when: {column: id}, keep_when: {column: id, is: present}}: here
error[invalid-ingest]: `any` needs at least one condition
  --> models/staging/sources.yml:16:36 []: empty
error[invalid-ingest]: `matches` looks at text; `sold_on` is date
  --> models/staging/sources.yml:17:57 x: not text
error[invalid-ingest]: there is no `is` `empty`
  --> models/staging/sources.yml:18:49 empty: not known
  note: known: present, blank
declared:
");
}

#[test]
fn what_comes_out_is_checked_too() {
    assert_snapshot!(refused("
ingest:
  - name: items
    from: {path: items.csv}
    columns: [{name: id, type: bigint}, {name: code, type: varchar}, {name: id, type: bigint}]
    derive:
      - {name: word, first_word: id}
      - {name: days, days_between: id}
      - {name: both, upper: code, lower: code}
    select: [id, word, {column: code, as: id}, cod]
    bad_rows: {max_share: 5}
    contract: {new_column: maybe}
    into:
      table: staging.item
      cluster_by: [colour]
"), @r"
error[invalid-ingest]: two columns are named `id`
  --> models/staging/sources.yml:5:70 {name: id, type: bigint}: again here
error[invalid-ingest]: `first_word` takes a column of type varchar
  --> models/staging/sources.yml:7:34 id: another type
error[invalid-ingest]: `days_between` takes two columns: `[from, to]`
  --> models/staging/sources.yml:8:36 id: not two columns
error[invalid-ingest]: `both` needs one way to be derived
  --> models/staging/sources.yml:9:9 {name: both, upper: code, lower: code}: one of days_between, first_word, yes_no, hour_of_hhmm, month_of, year_of, upper, lower
error[invalid-ingest]: there is no column `word`
  --> models/staging/sources.yml:10:18 word: not known
  note: known: id, code
error[invalid-ingest]: `id` is selected twice
  --> models/staging/sources.yml:10:24 {column: code, as: id}: again here
error[invalid-ingest]: there is no column `cod`
  --> models/staging/sources.yml:10:48 cod: not known
  help: did you mean `code`?
error[unknown-source]: there is no source table `staging.item`
  --> models/staging/sources.yml:14:14 staging.item: declared nowhere under `sources`
  help: did you mean `staging.items`?
error[invalid-ingest]: there is no `new_column` `maybe`
  --> models/staging/sources.yml:12:28 maybe: not known
  note: known: ignore, warn, fail
error[invalid-ingest]: `max_share` is a share from 0 to 1
  --> models/staging/sources.yml:11:27 5: 0.01 is one row in a hundred
declared:
");
}

#[test]
fn pipelines_that_read_from_each_other_form_no_circle() {
    assert_snapshot!(refused("
ingest:
  - {name: a, from: {pipeline: b}, into: {lake: a}}
  - {name: b, from: {pipeline: a}, into: {lake: b}}
  - {name: c, from: {pipeline: itemss}, into: {lake: c}}
  - {name: items, from: {path: x.csv}, columns: [{name: id, type: bigint}], into: {lake: d}}
  - {name: items, from: {path: y.csv}, columns: [{name: id, type: bigint}], into: {lake: e}}
  - {name: d, from: {pipeline: items}, columns: [{name: id, type: bigint}], into: {lake: f}}
"), @r"
error[duplicate-name]: two pipelines are named `items`
  --> models/staging/sources.yml:7:12 items: again here
  --> models/staging/sources.yml:6:12 items: first here
error[invalid-ingest]: `d` reads from `items`, whose columns are known
  --> models/staging/sources.yml:8:49 [{name: id, type: bigint}]: leave this out; rules on them go under `checks`
error[pipeline-cycle]: pipelines read from each other in a circle: a → b → a
  --> models/staging/sources.yml:3:32 b: reads from it here
error[unknown-pipeline]: there is no pipeline `itemss`
  --> models/staging/sources.yml:5:32 itemss: no pipeline has this name
  help: did you mean `items`?
declared: items
");
}

#[test]
fn a_missing_file_is_named() {
    assert_snapshot!(after_a_good_load(|world| {
        std::fs::remove_file(world.folder.path().join("items.csv")).expect("removed");
    }), @"
    items → staging.items: read 0 loaded 0 quarantined 0
    error[missing-input]: cannot read <root>/items.csv: there is no such file
      --> models/staging/sources.yml:4:18 items.csv: read here
      help: correct `from`, whose path begins at the project's folder, or put the file there
    table: 2 | 3
    ");
}

#[test]
fn too_many_bad_rows_fail_the_load_and_are_kept() {
    assert_snapshot!(after_a_good_load(|world| {
        world.file("items.csv", "id,sold_on,price\n1,2020-02-30,-1\n,yesterday,1\n3,,\n");
    }), @r#"
    items → staging.items: read 3 loaded 1 quarantined 2
      bad id:missing 1
      bad price:range 1
      bad sold_on:format 1
      bad sold_on:no_such_date 1
    error[too-many-bad-rows]: 2 of 3 rows (66.7 %) cannot be loaded; at most 50 % are allowed
      --> models/staging/sources.yml:9:15 {max_share: 0.5}: the limit
      note: reasons: id:missing 1, price:range 1, sold_on:format 1, sold_on:no_such_date 1
      note: line 2: sold_on:no_such_date price:range: ["1","2020-02-30","-1"]
      note: line 3: sold_on:format id:missing: ["","yesterday","1"]
      note: staging.items is as it was before
      note: all of them are kept in target/ingest/items/quarantine.parquet
    table: 2 | 3
    "#);
}

#[test]
fn a_row_has_all_its_reasons() {
    let mut world = World::new(ITEMS.replace("0.5", "1"));
    world.file("items.csv", "id,sold_on,price\nx,2020-02-30,-1\n,2020-01-01,1\n3,2020-01-01 12:00,\n4,,\n");
    world.run(None);
    assert_snapshot!(world.query("select line, reasons, cells from quarantine.items order by line"), @r#"
    2 | id:type sold_on:no_such_date price:range | ["x","2020-02-30","-1"]
    3 | id:missing | ["","2020-01-01","1"]
    4 | sold_on:format | ["3","2020-01-01 12:00",""]
    "#);
}

#[test]
fn a_column_that_is_gone_is_an_error_that_names_the_nearest() {
    assert_snapshot!(after_a_good_load(|world| {
        world.file("items.csv", "idd,sold_on,price\n1,,\n");
    }), @r#"
    items → staging.items: read 0 loaded 0 quarantined 0
    error[missing-column]: the file has no column `id`
      --> models/staging/sources.yml:6:16 id: it is required
      help: the file has `idd`: write `from: "idd"` if that is it
    table: 2 | 3
    "#);
}

#[test]
fn a_header_without_rows_never_empties_a_table() {
    assert_snapshot!(after_a_good_load(|world| {
        world.file("items.csv", "id,sold_on,price\n");
    }), @"
    items → staging.items: read 0 loaded 0 quarantined 0
    error[empty-input]: the input has a header and no rows
      --> models/staging/sources.yml:4:18 items.csv: read here
      note: staging.items is as it was before
      help: where no rows are fine, say `contract: {min_rows: 0}`
    table: 2 | 3
    ");
    assert_snapshot!(after_a_good_load(|world| {
        world.file("items.csv", "");
    }), @r"
    items → staging.items: read 0 loaded 0 quarantined 0
    error[empty-input]: the file is empty: it has no header line
      --> models/staging/sources.yml:4:18 items.csv: read here
    table: 2 | 3
    ");
}

#[test]
fn another_delimiter_is_guessed_at_in_the_help_only() {
    assert_snapshot!(after_a_good_load(|world| {
        world.file("items.csv", "id;sold_on;price\n1;;\n");
    }), @r#"
    items → staging.items: read 0 loaded 0 quarantined 0
    error[broken-header]: the header line is one single field, `id;sold_on;price`
      --> models/staging/sources.yml:4:18 items.csv: read here
      help: the file seems to be split at another character: `delimiter: ";"`
    table: 2 | 3
    "#);
}

#[test]
fn a_gzip_file_that_was_cut_loads_nothing() {
    assert_snapshot!(after_a_good_load(|world| {
        let rows: String = (0..5000).map(|id| format!("{id},2020-01-01,{id}\n")).collect();
        let packed = gzip(format!("id,sold_on,price\n{rows}").as_bytes());
        world.file("items.csv", &packed[..packed.len() - 9]);
    }), @r"
    items → staging.items: read 0 loaded 0 quarantined 0
    error[truncated-input]: the gzip file ends too early
      --> models/staging/sources.yml:4:18 items.csv: read here
      note: it could be read up to line 5002
      help: the file was cut while it was copied or downloaded: fetch it again
    table: 2 | 3
    ");
    assert_snapshot!(after_a_good_load(|world| {
        world.file("items.csv", [gzip(b"id,sold_on,price\n1,,\n"), b"<html>sorry, an error</html>".to_vec()].concat());
    }), @r"
    items → staging.items: read 0 loaded 0 quarantined 0
    error[broken-input]: the gzip file is damaged: invalid gzip header
      --> models/staging/sources.yml:4:18 items.csv: read here
      note: it could be read up to line 3
      help: fetch the file again
    table: 2 | 3
    ");
}

#[test]
fn a_folder_in_the_files_place_is_named() {
    assert_snapshot!(after_a_good_load(|world| {
        std::fs::remove_file(world.folder.path().join("items.csv")).expect("removed");
        std::fs::create_dir(world.folder.path().join("items.csv")).expect("made");
    }), @r"
    items → staging.items: read 0 loaded 0 quarantined 0
    error[missing-input]: cannot read <root>/items.csv: it is a folder
      --> models/staging/sources.yml:4:18 items.csv: read here
    table: 2 | 3
    ");
}

#[test]
fn a_view_in_the_tables_place_is_not_replaced() {
    assert_snapshot!(after_a_good_load(|world| {
        let nothing = tamis::adapter::Fetch::Nothing;
        world.session().execute("drop table staging.items", nothing).expect("dropped");
        world.session().execute("create view staging.items as select 7 as id", nothing).expect("made");
    }), @r#"
    items → staging.items: read 0 loaded 0 quarantined 0
    error[load-failed]: cannot load `staging.items`: `"warehouse"."staging"."items"` is a view, and a load makes a table
      --> models/staging/sources.yml:10:19 staging.items: loaded here
      note: the table is as it was before
      help: drop it with `drop view "warehouse"."staging"."items"`, or load under another name
    table: 1 | 7
    "#);
}

#[test]
fn a_contract_on_the_number_of_rows_holds() {
    let mut world = World::new(ITEMS.replace("    into", "    contract: {min_rows: 3}\n    into"));
    world.file("items.csv", "id,sold_on,price\n1,,\n");
    assert_snapshot!(world.run(None).shown(), @"
    items → staging.items: read 1 loaded 1 quarantined 0
    error[too-few-rows]: only 1 rows are left to load; the contract wants 3
      --> models/staging/sources.yml:4:18 items.csv: read here
      note: 1 were read
      note: staging.items is as it was before
    ");
}

#[test]
fn filters_that_leave_nothing_leave_the_table_as_it_was() {
    let filters = "    filters:\n      - {name: old, drop_when: {column: id, less_than: 100}}\n    into";
    assert_snapshot!(after_a_good_load(|world| world.yaml(ITEMS.replace("    into", filters))), @"
    items → staging.items: read 2 loaded 0 quarantined 0
      dropped old 2
    error[too-few-rows]: of 2 rows none is left to load
      --> models/staging/sources.yml:4:18 items.csv: read here
      note: dropped: old 2
      note: staging.items is as it was before
      help: correct the filters, or say `contract: {min_rows: 0}` where no rows are fine
    table: 2 | 3
    ");
    let allowed = ITEMS.replace("    into", &filters.replace("    into", "    contract: {min_rows: 0}\n    into"));
    assert_snapshot!(after_a_good_load(|world| world.yaml(allowed)), @"
    items → staging.items: read 2 loaded 0 quarantined 0
      dropped old 2
    table: 0 |
    ");
    let empty = ITEMS.replace("    into", "    contract: {min_rows: 0}\n    into");
    assert_snapshot!(
        after_a_good_load(|world| {
            world.yaml(empty);
            world.file("items.csv", "id,sold_on,price\n");
        }),
        @"
    items → staging.items: read 0 loaded 0 quarantined 0
    table: 0 |
    "
    );
}

#[test]
fn what_reads_from_a_failed_pipeline_does_not_run() {
    let mut world = World::new(
        "
ingest:
  - {name: second, from: {pipeline: first}, into: {lake: lake/second}}
  - {name: first, from: {path: items.csv}, columns: [{name: id, type: bigint}], into: {lake: lake/first}}
",
    );
    let shown = world.run(None).shown().replace(&world.folder.path().display().to_string(), "<root>");
    assert_snapshot!(shown, @"
    first → lake/first: read 0 loaded 0 quarantined 0
    error[missing-input]: cannot read <root>/items.csv: there is no such file
      --> models/staging/sources.yml:4:32 items.csv: read here
      help: correct `from`, whose path begins at the project's folder, or put the file there
    second → lake/second: read 0 loaded 0 quarantined 0
    error[upstream-failed]: `second` did not run: it reads from `first`, which failed
      --> models/staging/sources.yml:3:37 first: reads from it here
    ");
    assert_snapshot!(world.run(Some(&["second"])).shown(), @r"
    second → lake/second: read 0 loaded 0 quarantined 0
    error[empty-lake]: `first` has not put anything into the lake yet
      --> models/staging/sources.yml:3:37 first: read here
      help: run it first: `tamis ingest first`
    ");
}

#[test]
fn columns_that_changed_since_the_lake_was_filled_are_noticed() {
    let yaml = |kind: &str| {
        format!(
            "
ingest:
  - {{name: first, from: {{path: items.csv}}, columns: [{{name: id, type: {kind}}}], into: {{lake: lake/first}}}}
  - {{name: second, from: {{pipeline: first}}, into: {{lake: lake/second}}}}
"
        )
    };
    let mut world = World::new(yaml("bigint"));
    world.file("items.csv", "id\n1\n");
    assert!(world.run(None).reports.iter().all(|report| report.problem.is_none()));
    world.yaml(yaml("varchar"));
    assert_snapshot!(world.run(Some(&["second"])).shown(), @r"
    second → lake/second: read 0 loaded 0 quarantined 0
    error[stale-lake]: the columns of `first` were changed since it last filled the lake
      --> models/staging/sources.yml:4:37 first: read here
      help: run it first: `tamis ingest first`
    ");
}

#[test]
fn parquet_of_another_type_is_refused() {
    let mut world = World::new(
        "
ingest:
  - {name: first, from: {path: items.csv}, columns: [{name: id, type: bigint}], into: {lake: lake/first}}
",
    );
    world.file("items.csv", "id\n1\n2\n");
    world.run(None);
    let file = world.files("lake").into_iter().find(|path| path.extension().is_some_and(|ext| ext == "parquet"));
    let file = file.expect("a Parquet file").display().to_string();
    for kind in ["bigint", "date"] {
        world.yaml(format!(
            "
ingest:
  - {{name: second, from: {{path: {file}}}, columns: [{{name: id, type: {kind}}}], into: {{lake: lake/second}}}}
"
        ));
        let shown = world.run(None).shown().replace(&file, "<file>");
        if kind == "bigint" {
            assert_snapshot!(shown, @"second → lake/second: read 2 loaded 2 quarantined 0");
        } else {
            assert_snapshot!(shown, @r"
            second → lake/second: read 0 loaded 0 quarantined 0
            error[wrong-type]: column `id` is Int64 in the file, and date here
              --> models/staging/sources.yml:3:119 id: declared here
              note: in <file>
            ");
        }
    }
}

#[test]
fn a_lake_that_cannot_be_written_is_named() {
    let mut world = World::new(ITEMS.replace("{table: staging.items}", "{lake: items.csv/lake}"));
    world.file("items.csv", "id,sold_on,price\n1,,\n");
    let shown = world.run(None).shown().replace(&world.folder.path().display().to_string(), "<root>");
    assert_snapshot!(shown, @r"
    items → items.csv/lake: read 0 loaded 0 quarantined 0
    error[broken-lake]: cannot read <root>/items.csv/lake/_manifest.json: Not a directory (os error 20)
      --> models/staging/sources.yml:10:18 items.csv/lake: the lake
    ");
    let mut world = World::new(ITEMS.replace("{table: staging.items}", "{lake: 's3://bucket/lake'}"));
    world.file("items.csv", "id,sold_on,price\n1,,\n");
    assert_snapshot!(world.run(None).shown(), @r"
    items → s3://bucket/lake: read 0 loaded 0 quarantined 0
    error[broken-lake]: `s3://` is not a place a lake can be; write a folder or `gs://bucket/prefix`
      --> models/staging/sources.yml:10:18 's3://bucket/lake': the lake
    ");
}

#[test]
fn jinja_that_fails_is_pointed_at() {
    assert_snapshot!(refused("
ingest:
  - name: items
    from: {path: \"{{ vra('x') }}\"}
    columns: [{name: id, type: bigint}]
    into: {lake: lake/items}
"), @r#"
error[broken-jinja]: cannot render `{{ vra('x') }}`
  --> models/staging/sources.yml:4:18 "{{ vra('x') }}": rendered here
declared:
"#);
}

#[test]
fn damaged_bytes_lose_no_row_and_stop_no_run() {
    let whole: String = (0..60).map(|id| format!("{id},2020-01-{:02},\"a \"\"b\"\"\n{id}\"\n", id % 31 + 1)).collect();
    let yaml = "
ingest:
  - name: items
    from: {path: items.csv}
    columns: [{name: id, type: integer, required: true}, {name: sold_on, type: date}, {name: text, type: varchar}]
    filters: [{name: low, keep_when: {column: id, at_least: 5}}]
    bad_rows: {max_share: 1}
    into: {lake: lake/items}
";
    let mut world = World::new(yaml);
    // A fixed sequence of Knuth's generator: the same damage on every run.
    let mut state = 42_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..60 {
        let mut bytes = whole.clone().into_bytes();
        for _ in 0..=next(12) {
            let at = next(bytes.len());
            match next(3) {
                0 => bytes[at] = b"\",\n\r\0\xFF9x"[next(8)],
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, b"\",\n\r\0\xFF9x"[next(8)]),
            }
        }
        world.file("items.csv", [b"id,sold_on,text\n".to_vec(), bytes].concat());
        let outcome = world.run_in(None, None);
        let report = &outcome.reports[0];
        assert!(report.problem.is_none(), "{}", outcome.shown());
        let dropped: u64 = report.dropped.iter().map(|(_, count)| count).sum();
        assert_eq!(report.rows_read, report.rows_loaded + dropped + report.rows_quarantined);
        assert!(report.rows_read >= 55, "{}", outcome.shown());
    }
}

#[test]
fn parquet_may_be_packed_and_a_changed_file_is_another_load() {
    let mut world = World::new(
        "
ingest:
  - {name: first, from: {path: items.csv}, columns: [{name: id, type: bigint}], into: {lake: lake/first}}
  - {name: second, from: {path: items.parquet.gz}, columns: [{name: id, type: bigint}], into: {table: staging.items}}
",
    );
    let pack = |world: &mut World, rows: &str| {
        world.file("items.csv", format!("id\n{rows}"));
        world.run_in(Some(&["first"]), None);
        let text = std::fs::read_to_string(world.folder.path().join("lake/first/_manifest.json")).expect("published");
        let manifest: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let name = manifest["files"][0]["name"].as_str().expect("a file").to_string();
        let bytes = std::fs::read(world.folder.path().join("lake/first").join(name)).expect("readable");
        world.file("items.parquet.gz", gzip(&bytes));
    };
    pack(&mut world, "1\n2\n");
    assert!(!world.run(Some(&["second"])).reports[0].is_unchanged);
    assert!(world.run(Some(&["second"])).reports[0].is_unchanged);
    pack(&mut world, "1\n3\n");
    assert!(!world.run(Some(&["second"])).reports[0].is_unchanged);
    assert_snapshot!(world.query("select sum(id) from staging.items"), @"4");
    assert_snapshot!(world.query("select count(distinct load_id), count(distinct source_sha256) from staging._loads"), @"2 | 2");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

#[test]
fn two_pipelines_for_one_place_are_refused() {
    assert_snapshot!(refused("
ingest:
  - name: one
    from: {path: one.csv}
    columns: [{name: id, type: bigint}]
    into: {table: staging.items, lake: lake/items}
  - name: two
    from: {path: two.csv}
    columns: [{name: id, type: bigint}]
    into: {table: staging.items, lake: ./lake//items/}
  - name: three
    from: {path: three.csv}
    columns: [{name: id, type: bigint}]
    into: {lake: lake/items/three}
"), @r#"
    error[same-destination]: `one` and `two` would both fill `"warehouse"."staging"."items"`
      --> models/staging/sources.yml:10:19 staging.items: again here
      --> models/staging/sources.yml:6:19 staging.items: first here
      help: let each pipeline fill a place of its own
    error[same-destination]: `one` and `two` would both fill `lake/items`
      --> models/staging/sources.yml:10:40 ./lake//items/: again here
      --> models/staging/sources.yml:6:40 lake/items: first here
      help: let each pipeline fill a place of its own
    declared: one two three
    "#);
}

#[test]
fn a_type_with_a_comma_in_braces_needs_quotes() {
    assert_snapshot!(refused("
ingest:
  - name: items
    from: {path: items.csv}
    columns: [{name: price, type: decimal(5,2)}]
    into: {lake: lake/items}
"), @r#"
    error[unknown-key]: a column has no key `2)`
      --> models/staging/sources.yml:5:45 2): not known
      help: a value with a comma needs quotes: `type: "decimal(5,2)"`
    error[invalid-ingest]: there is no type `decimal(5`
      --> models/staging/sources.yml:5:35 decimal(5: not known
      note: known: varchar, integer, bigint, double, decimal(p,s), date, timestamp, boolean, hhmm
    declared:
    "#);
}
