//! Incremental models and snapshots, run after run.

use super::*;

/// A model over whatever `source.csv` holds, and its rows after a first run over `first` and a second over `second`.
fn twice(config: &str, first: &str, second: &str) -> (String, TempDir) {
    let here = project(&[
        ("seeds/source.csv", first),
        (
            "models/m.sql",
            &format!(
                "{{{{ config(materialized='incremental', {config}) }}}}
                 select *, {{{{ is_incremental() }}}} as is_later from {{{{ ref('source') }}}}"
            ),
        ),
    ]);
    fine(&here, "build");
    write(here.path(), "seeds/source.csv", second);
    fine(&here, "seed --full-refresh");
    let told = results(&here, "run");
    (format!("{told}\n{}", rows(&here, "from m order by all")), here)
}

const FIRST: &str = "id,name\n1,a\n2,b\n";
const SECOND: &str = "id,name\n2,B\n3,c\n";

#[test]
fn append_adds_every_row() {
    assert_snapshot!(twice("incremental_strategy='append'", FIRST, SECOND).0, @"
    exit code: 0
    model m: success
    1 | a | false
    2 | B | true
    2 | b | false
    3 | c | true
    ");
}

#[test]
fn without_a_key_rows_are_added() {
    assert_snapshot!(twice("incremental_strategy='delete+insert'", FIRST, SECOND).0, @"
    exit code: 0
    model m: success
    1 | a | false
    2 | B | true
    2 | b | false
    3 | c | true
    ");
}

#[test]
fn delete_and_insert_replaces_by_key() {
    assert_snapshot!(twice("incremental_strategy='delete+insert', unique_key='id'", FIRST, SECOND).0, @"
    exit code: 0
    model m: success
    1 | a | false
    2 | B | true
    3 | c | true
    ");
    assert_snapshot!(twice("unique_key=['id', 'name']", FIRST, SECOND).0, @"
    exit code: 0
    model m: success
    1 | a | false
    2 | B | true
    2 | b | false
    3 | c | true
    ");
    assert_snapshot!(
        twice("unique_key='id', incremental_predicates=['id > 2']", FIRST, SECOND).0,
        @"
    exit code: 0
    model m: success
    1 | a | false
    2 | B | true
    2 | b | false
    3 | c | true
    "
    );
}

#[test]
fn merge_updates_and_inserts() {
    assert_snapshot!(twice("incremental_strategy='merge', unique_key='id'", FIRST, SECOND).0, @"
    exit code: 0
    model m: success
    1 | a | false
    2 | B | true
    3 | c | true
    ");
    assert_snapshot!(
        twice("incremental_strategy='merge', unique_key='id', merge_update_columns=['is_later']", FIRST, SECOND).0,
        @"
    exit code: 0
    model m: success
    1 | a | false
    2 | b | true
    3 | c | true
    "
    );
    assert_snapshot!(
        twice("incremental_strategy='merge', unique_key='id', merge_exclude_columns=['name']", FIRST, SECOND).0,
        @"
    exit code: 0
    model m: success
    1 | a | false
    2 | b | true
    3 | c | true
    "
    );
}

#[test]
fn changed_columns_are_treated_as_asked_for() {
    let wider = "id,name,added\n3,c,x\n";
    assert_snapshot!(twice("unique_key='id'", FIRST, wider).0, @"
    exit code: 0
    model m: success
    1 | a | false
    2 | b | false
    3 | c | true
    ");
    assert_snapshot!(twice("unique_key='id', on_schema_change='fail'", FIRST, wider).0, @"
    exit code: 1
    model m: error
    1 | a | false
    2 | b | false
    ");
    assert_snapshot!(twice("unique_key='id', on_schema_change='append_new_columns'", FIRST, wider).0, @"
    exit code: 0
    model m: success
    1 | a | false | null
    2 | b | false | null
    3 | c | true | x
    ");
    assert_snapshot!(twice("unique_key='id', on_schema_change='sync_all_columns'", FIRST, "id,added\n3,x\n").0, @"
    exit code: 0
    model m: success
    1 | false | null
    2 | false | null
    3 | true | x
    ");
    // A type that grew.
    assert_snapshot!(
        twice("unique_key='id', on_schema_change='sync_all_columns'", FIRST, "id,name\n30000000000,c\n").0,
        @"
    exit code: 0
    model m: success
    1 | a | false
    2 | b | false
    30000000000 | c | true
    "
    );
}

#[test]
fn full_refresh_makes_it_anew_unless_the_model_says_no() {
    let (_, here) = twice("incremental_strategy='append'", FIRST, SECOND);
    fine(&here, "run --full-refresh");
    assert_snapshot!(rows(&here, "from m order by all"), @"
    2 | B | false
    3 | c | false
    ");
    let (_, here) = twice("incremental_strategy='append', full_refresh=false", FIRST, SECOND);
    fine(&here, "run --full-refresh");
    assert_snapshot!(rows(&here, "select count(*) from m"), @"6");
}

#[test]
fn a_run_that_fails_half_way_changes_no_row() {
    let (_, here) = twice("unique_key='id'", FIRST, SECOND);
    write(
        here.path(),
        "models/m.sql",
        "{{ config(materialized='incremental', unique_key='id', post_hook='select nothing') }} select 2 as id, 'lost' as name, true as is_later",
    );
    assert_snapshot!(results(&here, "run"), @"
    exit code: 1
    model m: error
    ");
    assert_snapshot!(rows(&here, "from m order by all"), @"
    1 | a | false
    2 | B | true
    3 | c | true
    ");
}

#[test]
fn a_snapshot_records_what_changed_and_what_is_gone() {
    let here = project(&[
        ("seeds/source.csv", "id,name\n1,a\n2,b\n3,c\n"),
        (
            "snapshots/s.yml",
            "
snapshots:
  - name: s
    relation: ref('source')
    config: {unique_key: id, strategy: check, check_cols: [name], hard_deletes: invalidate}
  - name: t
    relation: ref('source')
    config:
      unique_key: id
      strategy: check
      check_cols: all
      hard_deletes: new_record
      snapshot_meta_column_names: {dbt_valid_to: ended, dbt_is_deleted: is_gone}
",
        ),
    ]);
    fine(&here, "build");
    write(here.path(), "seeds/source.csv", "id,name\n1,a\n2,B\n");
    fine(&here, "seed");
    fine(&here, "snapshot");
    fine(&here, "snapshot");
    assert_snapshot!(rows(&here, "select id, name, dbt_valid_to is null as is_current from s order by all"), @"
    1 | a | true
    2 | B | true
    2 | b | false
    3 | c | false
    ");
    assert_snapshot!(rows(&here, "select id, name, ended is null as is_current, is_gone from t order by all"), @"
    1 | a | true | False
    2 | B | true | False
    2 | b | false | False
    3 | c | false | False
    3 | c | true | True
    ");
}
