//! The DuckDB adapter against real databases, in memory and in files.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use insta::assert_snapshot;
use serde_json::json;
use tamis::adapter::duckdb::DuckDb;
use tamis::adapter::{
    Adapter, AdapterError, Answer, Connection, Disposition, ErrorKind, Fetch, JobContext, LoadRequest, LoadSource,
    Statement, Table,
};
use tamis::execute::seed::read_seed;
use tamis::manifest::{Json, JsonMap};
use tamis::project::Target;
use tamis::relation::{AdapterKind, Column, Quoting, Relation, RelationKind, SchemaName};

fn target(settings: Json) -> Target {
    Target {
        profile_name: "test".into(),
        name: "dev".into(),
        kind: AdapterKind::DuckDb,
        database: "memory".into(),
        schema: "main".into(),
        threads: 2,
        settings: settings.as_object().cloned().expect("settings are a map"),
        context: JsonMap::new(),
    }
}

fn open(settings: Json, root: &Path) -> Arc<dyn Adapter> {
    DuckDb::open(&target(settings), root).expect("settings are right")
}

fn in_memory() -> Arc<dyn Adapter> {
    open(json!({ "path": ":memory:" }), Path::new("/"))
}

fn execute(connection: &mut dyn Connection, sql: &str) -> Result<Answer, AdapterError> {
    connection.execute(&Statement { sql, fetch: Fetch::Nothing, job: &JobContext::default() })
}

fn query(connection: &mut dyn Connection, sql: &str) -> Table {
    let statement = Statement { sql, fetch: Fetch::Rows { limit: None }, job: &JobContext::default() };
    connection.execute(&statement).expect("the query is right").table
}

fn only(connection: &mut dyn Connection, sql: &str) -> String {
    query(connection, sql).rows[0][0].text()
}

/// `message @ the rest of the text from the offset on`, then the help.
fn drawn(sql: &str, error: &AdapterError) -> String {
    let at = error.offset.map(|offset| format!(" @ {:?}", &sql[offset..])).unwrap_or_default();
    let help = error.help.as_deref().map(|help| format!("\n  help: {help}")).unwrap_or_default();
    format!("{}{at}{help}", error.message)
}

fn refused(connection: &mut dyn Connection, sql: &str) -> String {
    drawn(sql, &execute(connection, sql).expect_err("the statement is wrong"))
}

fn relation(name: &str) -> Relation {
    Relation::new(None::<String>, "main", name, Quoting::ALL, '"')
}

fn main_schema() -> SchemaName {
    SchemaName { database: None, schema: "main".into() }
}

fn column(name: &str, data_type: &str) -> Column {
    Column { name: name.into(), data_type: data_type.into(), is_nullable: true }
}

fn load(into: &str, from: LoadSource, columns: &[(&str, &str)]) -> LoadRequest {
    LoadRequest {
        into: relation(into),
        from,
        columns: columns.iter().map(|(name, data_type)| column(name, data_type)).collect(),
        disposition: Disposition::Replace,
        partition_by: None,
        cluster_by: vec![],
        labels: Default::default(),
        description: None,
        together_with: vec![],
        job: JobContext::default(),
    }
}

fn csv(folder: &Path, text: &str) -> LoadSource {
    let path = folder.join(format!("rows{}.csv", std::fs::read_dir(folder).map_or(0, Iterator::count)));
    std::fs::write(&path, text).expect("the folder is writable");
    LoadSource::Csv { path, delimiter: ',' }
}

#[test]
fn every_type_comes_back_exactly() {
    let mut connection = in_memory().connect().unwrap();
    let table = query(
        connection.as_mut(),
        "select true as boolean, 1::tinyint as tinyint, 255::utinyint as utinyint, 18446744073709551615::ubigint as ubigint,
            (-170141183460469231731687303715884105727)::hugeint as hugeint, 5::hugeint as small_hugeint,
            340282366920938463463374607431768211455::uhugeint as uhugeint,
            (-123456789012345678901234567890)::bignum as bignum, 0::bignum as bignum_zero,
            -0.05::decimal(5, 2) as decimal, 12::decimal(38, 0) as wide, 0.1::float as float, 2.5 as literal,
            1e300::double as double, 'é' as text, '{\"a\": 1}'::json as json,
            '\\xAA\\x01'::blob as blob, '10101'::bit as bit, 'b'::enum('a', 'b') as enum,
            'f31a2b9d-1254-4e87-9ec4-ff8d7a14a8b2'::uuid as uuid,
            date '1969-12-31' as date, 'infinity'::date as endless, time '10:11:12.5' as time,
            '10:11:12-03:30'::timetz as timetz, timestamp '1969-12-31 23:59:59.999' as timestamp,
            '2020-01-01 10:00:00'::timestamp_s as timestamp_s, '2020-01-01 10:00:00.123456789'::timestamp_ns as timestamp_ns,
            timestamptz '2020-07-01 10:00:00+02' as timestamptz,
            interval '14 months 3 days 4 hours 5.5 seconds' as interval, interval '-1 second' as negative,
            [1, null, 3] as list, [1.5, 2]::float[2] as array, {'a': 1, 'B c': {'d': [uuid()][:0]}} as struct,
            map {'k': 1.5} as map, union_value(n := 1) as union, null as nothing, null::integer as null_integer",
    );
    let lines: Vec<_> = table
        .columns
        .iter()
        .zip(&table.types)
        .zip(&table.rows[0])
        .map(|((name, data_type), cell)| format!("{name}: {data_type} = {cell:?}"))
        .collect();
    assert_snapshot!(lines.join("\n"), @r#"
    boolean: BOOLEAN = Bool(true)
    tinyint: TINYINT = Int(1)
    utinyint: UTINYINT = Int(255)
    ubigint: UBIGINT = Decimal("18446744073709551615")
    hugeint: HUGEINT = Decimal("-170141183460469231731687303715884105727")
    small_hugeint: HUGEINT = Int(5)
    uhugeint: UHUGEINT = Decimal("340282366920938463463374607431768211455")
    bignum: BIGNUM = Decimal("-123456789012345678901234567890")
    bignum_zero: BIGNUM = Decimal("0")
    decimal: DECIMAL(5,2) = Decimal("-0.05")
    wide: DECIMAL(38,0) = Decimal("12")
    float: FLOAT = Float(0.1)
    literal: DECIMAL(2,1) = Decimal("2.5")
    double: DOUBLE = Float(1e300)
    text: VARCHAR = Text("é")
    json: JSON = Text("{\"a\": 1}")
    blob: BLOB = Bytes([170, 1])
    bit: BIT = Text("10101")
    enum: ENUM = Text("b")
    uuid: UUID = Text("f31a2b9d-1254-4e87-9ec4-ff8d7a14a8b2")
    date: DATE = Date("1969-12-31")
    endless: DATE = Date("infinity")
    time: TIME = Time("10:11:12.5")
    timetz: TIME WITH TIME ZONE = Time("10:11:12-03:30")
    timestamp: TIMESTAMP = Timestamp("1969-12-31 23:59:59.999")
    timestamp_s: TIMESTAMP_S = Timestamp("2020-01-01 10:00:00")
    timestamp_ns: TIMESTAMP_NS = Timestamp("2020-01-01 10:00:00.123456789")
    timestamptz: TIMESTAMP WITH TIME ZONE = Timestamp("2020-07-01 08:00:00+00")
    interval: INTERVAL = Text("1 year 2 months 3 days 04:00:05.5")
    negative: INTERVAL = Text("-00:00:01")
    list: INTEGER[] = List([Int(1), Null, Int(3)])
    array: FLOAT[2] = List([Float(1.5), Float(2.0)])
    struct: STRUCT(a INTEGER, "B c" STRUCT(d UUID[])) = Struct([("a", Int(1)), ("B c", Struct([("d", List([]))]))])
    map: MAP(VARCHAR, DECIMAL(2,1)) = Struct([("k", Decimal("1.5"))])
    union: UNION(n INTEGER) = Int(1)
    nothing: INTEGER = Null
    null_integer: INTEGER = Null
    "#);
}

#[test]
fn time_zones_are_in_the_library_and_the_session_is_utc_unless_the_profile_says_otherwise() {
    let sql =
        "select timezone('America/Los_Angeles', timestamp '2020-07-01 00:00:00') as at, current_setting('timezone')";
    let row = |adapter: Arc<dyn Adapter>| {
        let table = query(adapter.connect().unwrap().as_mut(), sql);
        format!("{} in {}", table.rows[0][0].text(), table.rows[0][1].text())
    };
    assert_eq!(row(in_memory()), "2020-07-01 07:00:00+00 in UTC");
    let settings = json!({ "settings": { "TimeZone": "America/Los_Angeles" } });
    assert_eq!(row(open(settings, Path::new("/"))), "2020-07-01 00:00:00-07 in America/Los_Angeles");
}

#[test]
fn errors_point_into_the_statement_and_say_what_to_do() {
    let mut connection = in_memory().connect().unwrap();
    let connection = connection.as_mut();
    execute(connection, "create table orders (id integer, amount integer)").unwrap();
    let wrong = [
        "selec 1",
        "select 1 from",
        "select 'é', amunt from orders",
        "select x from orders",
        "select 1;\nselect * from order_items",
        "select * from main.orderz",
        "select sum('a')",
        "select cast('x' as integer)",
        "insert into orders values (1)",
        "select * from 'missing.csv'",
        "create table nowhere.main.x as select 1",
        "select error('stop here')",
        "select ?",
    ];
    let drawn: Vec<_> = wrong.iter().map(|sql| refused(connection, sql)).collect();
    assert_snapshot!(drawn.join("\n"), @r#"
    Parser Error: syntax error at or near "selec" @ "selec 1"
    Parser Error: syntax error at end of input @ ""
    Binder Error: Referenced column "amunt" not found in FROM clause! @ "amunt from orders"
      help: did you mean `amount`?
    Binder Error: Referenced column "x" not found in FROM clause! @ "x from orders"
      help: candidates are `amount`
    Catalog Error: Table with name order_items does not exist! @ "order_items"
    Catalog Error: Table with name orderz does not exist! @ "main.orderz"
      help: did you mean `orders`?
    Binder Error: No function matches the given name and argument types 'sum(VARCHAR)'. You might need to add explicit type casts. @ "sum('a')"
      help: cast the arguments; known forms are `sum(DECIMAL) -> DECIMAL`, `sum(BOOLEAN) -> HUGEINT`, `sum(SMALLINT) -> HUGEINT`, `sum(INTEGER) -> HUGEINT`
    Conversion Error: Could not convert string 'x' to INT32 @ "cast('x' as integer)"
    Binder Error: table orders has 2 columns but 1 values were supplied
    IO Error: No files found that match the pattern "missing.csv"
    Catalog Error: Catalog with name nowhere does not exist!
    Invalid Input Error: stop here
    Invalid Input Error: Values were not provided for the following prepared statement parameters: 1
    "#);
}

#[test]
fn an_error_inside_a_view_does_not_point_at_the_statement_that_reads_it() {
    let mut connection = in_memory().connect().unwrap();
    let connection = connection.as_mut();
    execute(connection, "create table a (i integer); create view v as select i from a; drop table a").unwrap();
    assert_snapshot!(refused(connection, "select * from v  -- and some more text behind it"), @"Catalog Error: Table with name a does not exist!");
    // The view is there all the same.
    assert_eq!(
        connection.relations(&main_schema()).unwrap(),
        [Relation { database: Some("memory".into()), ..relation("v") }.with_kind(RelationKind::View)]
    );
}

#[test]
fn several_statements_run_in_order_and_the_last_one_answers() {
    let mut connection = in_memory().connect().unwrap();
    let connection = connection.as_mut();
    let response = |connection: &mut dyn Connection, sql| execute(connection, sql).unwrap().response;
    assert_eq!(response(connection, "create table t as select * from range(10) r(i)").rows_affected, Some(10));
    assert_eq!(
        response(connection, "select ';' as a; insert into t values (1), (2) -- ; done\n;").rows_affected,
        Some(2)
    );
    assert_eq!(response(connection, "create view v as select 1").rows_affected, None);
    assert_eq!(response(connection, "drop view v").message, "OK");
    assert_eq!(response(connection, "  -- nothing\n ; ").message, "OK");
    assert_eq!(response(connection, "").rows_affected, None);
    assert_eq!(
        response(
            connection,
            "merge into t using (select 42 as i) s on t.i = s.i when not matched then insert values (s.i)"
        )
        .rows_affected,
        Some(1)
    );
    assert_eq!(only(connection, "select count(*) from t"), "13");
    let some = connection
        .execute(&Statement {
            sql: "select * from range(100000)",
            fetch: Fetch::Rows { limit: Some(3000) },
            job: &JobContext::default(),
        })
        .unwrap();
    assert_eq!(some.table.rows.len(), 3000);
}

#[test]
fn an_error_ends_the_transaction_and_the_next_statement_works() {
    let mut connection = in_memory().connect().unwrap();
    let connection = connection.as_mut();
    execute(connection, "create table t as select 1 as old").unwrap();
    execute(connection, "begin").unwrap();
    execute(connection, "create or replace table t as select 2 as new").unwrap();
    refused(connection, "select error('in the middle')");
    assert_eq!(query(connection, "select * from t").columns, ["old"]);
    // A failed replace outside of a transaction leaves the old table too.
    refused(connection, "create or replace table t as select cast(x as integer) as new from (values ('x')) v(x)");
    assert_eq!(query(connection, "select * from t").columns, ["old"]);
}

#[test]
fn metadata_tells_present_from_absent() {
    let mut connection = in_memory().connect().unwrap();
    let connection = connection.as_mut();
    execute(
        connection,
        r#"create schema "odd ""name"; create table "odd ""name".t (a decimal(5,2) not null, b varchar[])"#,
    )
    .unwrap();
    execute(connection, r#"create view "odd ""name".v as select a from "odd ""name".t"#).unwrap();
    assert_eq!(connection.schemas(None).unwrap(), ["main", "odd \"name"]);
    let schema = SchemaName { database: Some("MEMORY".into()), schema: "Odd \"Name".into() };
    let listed: Vec<_> = connection
        .relations(&schema)
        .unwrap()
        .iter()
        .map(|relation| format!("{relation} {}", relation.kind.map_or("?", RelationKind::name)))
        .collect();
    assert_eq!(listed, [r#""memory"."odd ""name"."t" table"#, r#""memory"."odd ""name"."v" view"#]);
    let table = Relation::new(Some("memory"), "odd \"name", "t", Quoting::ALL, '"');
    let columns = connection.columns(&table).unwrap();
    assert_eq!(columns, [Column { is_nullable: false, ..column("a", "DECIMAL(5,2)") }, column("b", "VARCHAR[]"),]);
    for missing in [table.with_identifier("nope"), Relation { schema: Some("nope".into()), ..table.clone() }] {
        assert_eq!(connection.columns(&missing).map_err(|error| error.kind), Err(ErrorKind::NotFound), "{missing}");
    }
    let nowhere = SchemaName { database: Some("nope".into()), schema: "main".into() };
    assert_eq!(connection.relations(&nowhere), Ok(vec![]));
}

#[test]
fn a_cancel_stops_what_runs_and_later_connections_work() {
    let adapter = in_memory();
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let mut connection = adapter.connect().unwrap();
            sender.send(()).unwrap();
            let error = execute(connection.as_mut(), "select count(*) from range(1000000000000) r(i) where i % 7 = 3");
            // The connection is stopped for good: its worker sends nothing more.
            let after = execute(connection.as_mut(), "select 1");
            (error.unwrap_err().kind, after.unwrap_err().kind)
        });
        receiver.recv().unwrap();
        adapter.cancel();
        assert_eq!(worker.join().unwrap(), (ErrorKind::Cancelled, ErrorKind::Cancelled));
    });
    assert_eq!(only(adapter.connect().unwrap().as_mut(), "select 1"), "1");
}

#[test]
fn two_workers_build_different_tables_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let adapter = open(json!({ "path": "dev.duckdb" }), folder.path());
    thread::scope(|scope| {
        for worker in 0..2 {
            let adapter = &adapter;
            scope.spawn(move || {
                let mut connection = adapter.connect().unwrap();
                for round in 0..20 {
                    let sql = format!("begin; create or replace table w{worker} as select {round} as round; commit");
                    execute(connection.as_mut(), &sql).unwrap();
                }
            });
        }
    });
    let mut connection = adapter.connect().unwrap();
    assert_eq!(only(connection.as_mut(), "select sum(round) from (from w0 union all from w1)"), "38");
    // Another run finds the file as it was left.
    drop((connection, adapter));
    let again = open(json!({ "path": "dev.duckdb" }), folder.path());
    assert_eq!(only(again.connect().unwrap().as_mut(), "select round from dev.main.w1"), "19");
}

#[test]
fn a_csv_file_becomes_a_typed_table_in_one_step() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = in_memory().connect().unwrap();
    let connection = connection.as_mut();
    let text = "\u{feff}id,the name,day,is\r\n1,\"a \"\"b\"\"\r\nc\",2020-01-02,true\r\n 2 ,,null,\"\"\r\n";
    let columns = [("id", "integer"), ("the name", "text"), ("day", "date"), ("is", "boolean")];
    let mut request = load("seeded", csv(folder.path(), text), &columns);
    request.description = Some("what it's for".into());
    request.together_with =
        vec!["create table if not exists _loads (n int)".into(), "insert into _loads values (2)".into()];
    assert_eq!(connection.load(&request).unwrap().response.rows_affected, Some(2));
    let rows = query(connection, "select * from seeded order by id").rows;
    assert_snapshot!(format!("{rows:?}"), @r#"[[Int(1), Text("a \"b\"\r\nc"), Date("2020-01-02"), Bool(true)], [Int(2), Null, Null, Null]]"#);
    assert_eq!(only(connection, "select comment from duckdb_tables() where table_name = 'seeded'"), "what it's for");
    assert_eq!(only(connection, "select sum(n) from _loads"), "2");

    request.disposition = Disposition::Append;
    connection.load(&request).unwrap();
    assert_eq!(only(connection, "select count(*) from seeded"), "4");

    // A header alone makes an empty table, in a schema that was not there.
    let mut empty = load("empty", csv(folder.path(), "a,b"), &[("a", "integer"), ("b", "text")]);
    empty.into.schema = Some("raw".into());
    assert_eq!(connection.load(&empty).unwrap().response.rows_affected, Some(0));
    assert_eq!(only(connection, "select count(*) from raw.empty"), "0");
}

#[test]
fn loads_into_a_new_schema_may_begin_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let from = csv(folder.path(), "a\n1\n");
    let adapter = in_memory();
    let mut other = adapter.connect().unwrap();
    // Someone is in the middle of making the schema.
    execute(other.as_mut(), "begin; create schema raw").unwrap();
    thread::scope(|scope| {
        let workers: Vec<_> = ["x", "y", "z"]
            .into_iter()
            .map(|name| {
                let (adapter, from) = (&adapter, from.clone());
                scope.spawn(move || {
                    let mut request = load(name, from, &[("a", "integer")]);
                    request.into.schema = Some("raw".into());
                    adapter.connect().unwrap().load(&request).map(|answer| answer.response.rows_affected)
                })
            })
            .collect();
        execute(other.as_mut(), "commit").unwrap();
        for worker in workers {
            assert_eq!(worker.join().unwrap(), Ok(Some(1)));
        }
    });
    assert_eq!(only(other.as_mut(), "select count(*) from raw.x, raw.y, raw.z"), "1");
}

#[test]
fn a_seed_loads_with_the_types_that_were_found_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.csv");
    let text = "whole,exponent,fraction,wide,day,at,iso,zoned,flag,words\n\
        1.0,1e5,.5,99999999999999999999,2020-1-5,2020-01-02 03:04:05,2020-01-02T03:04,2020-01-02T03:04:05.5Z,TRUE,5\" pipe\n\
        \" -7 \",1500e-2,2e-3,-1,NULL,,,2020-01-02T03:04:05+02:00,null,null\n";
    std::fs::write(&path, text).unwrap();
    let seed = read_seed(&path, "seeds/s.csv", ",", &JsonMap::new(), AdapterKind::DuckDb).unwrap();
    let mut connection = in_memory().connect().unwrap();
    connection.load(&seed.load_request(relation("s"), JobContext::default())).unwrap();
    let table = query(connection.as_mut(), "select * from s");
    let rows = table.rows.iter().map(|row| row.iter().map(|cell| format!("{cell:?}")).collect::<Vec<_>>().join(" "));
    assert_snapshot!(rows.collect::<Vec<_>>().join("\n"), @r#"
    Int(1) Int(100000) Float(0.5) Decimal("99999999999999999999") Date("2020-01-05") Timestamp("2020-01-02 03:04:05") Timestamp("2020-01-02 03:04:00") Timestamp("2020-01-02 03:04:05.5") Bool(true) Text("5\" pipe")
    Int(-7) Int(15) Float(0.002) Int(-1) Null Null Null Timestamp("2020-01-02 03:04:05") Null Text("null")
    "#);
}

#[test]
fn a_failed_load_names_column_row_and_value_and_the_old_table_stands() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = in_memory().connect().unwrap();
    let connection = connection.as_mut();
    execute(connection, "create table t as select 7 as old; create view v as select 1 as one").unwrap();
    let fails = |connection: &mut dyn Connection, request: &LoadRequest| {
        let error = connection.load(request).expect_err("the load is wrong");
        assert_eq!(only(connection, "select old from t"), "7");
        drawn("", &error)
    };
    let columns = [("id", "integer"), ("day", "date")];
    let bad_value = load("t", csv(folder.path(), "id,day\n1,2020-01-01\n2,2020-13-01\n"), &columns);
    let mut bad_record = load("t", csv(folder.path(), "id,day\n1,2020-01-01\n"), &columns);
    bad_record.together_with = vec!["insert into no_such_table values (1)".into()];
    let ragged = "id,day\n1,2020-01-01\n2\n";
    let said = [
        fails(connection, &bad_value),
        fails(connection, &bad_record),
        fails(connection, &load("t", csv(folder.path(), ragged), &columns)),
        fails(connection, &load("v", csv(folder.path(), "id,day\n"), &columns)),
        fails(connection, &load("t", LoadSource::Parquet(vec!["nope.parquet".into()]), &columns)),
    ];
    let folder = folder.path().display().to_string();
    assert_snapshot!(said.join("\n").replace(&folder, "FOLDER"), @r#"
    column `day`, row 2: `2020-13-01` is not of type date
      help: correct the value, or give the column another type
    Catalog Error: Table with name no_such_table does not exist!
    Invalid Input Error: CSV Error on Line: 3; Original Line: 2; Expected Number of Columns: 2 Found: 1
    `"main"."v"` is a view, and a load makes a table
      help: drop it with `drop view "main"."v"`, or load under another name
    IO Error: No files found that match the pattern "nope.parquet"
    "#);
}

#[test]
fn parquet_files_become_one_table_with_the_declared_types() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = in_memory().connect().unwrap();
    let connection = connection.as_mut();
    let files: Vec<_> =
        (0..2).map(|part| folder.path().join(format!("part{part}.parquet")).display().to_string()).collect();
    for (part, file) in files.iter().enumerate() {
        execute(
            connection,
            &format!("copy (select {part} as n, '2020-01-0{}' as day from range(3)) to '{file}'", part + 1),
        )
        .unwrap();
    }
    let request = load("t", LoadSource::Parquet(files), &[("day", "date"), ("n", "bigint")]);
    assert_eq!(connection.load(&request).unwrap().response.rows_affected, Some(6));
    let columns = connection.columns(&relation("t")).unwrap();
    assert_eq!(columns, [column("day", "DATE"), column("n", "BIGINT")]);
    let none = load("t", LoadSource::Parquet(vec![]), &[("n", "bigint")]);
    assert_eq!(connection.load(&none).unwrap().response.rows_affected, Some(0));
    assert_eq!(query(connection, "select * from t").columns, ["n"]);
}

#[test]
fn rows_survive_try_cast_over_a_file() {
    // DuckDB 2.0 pushes the type of a `try_cast` into the reader and loses rows; the adapter turns that off there.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("n.csv");
    std::fs::write(&path, "n\n1\nx\n3\n").unwrap();
    let mut connection = in_memory().connect().unwrap();
    let sql = format!(
        "select count(*), count(try_cast(n as integer)) from read_csv('{}', all_varchar = true) where try_cast(n as integer) is null or true",
        path.display()
    );
    let table = query(connection.as_mut(), &sql);
    assert_eq!((table.rows[0][0].text(), table.rows[0][1].text()), ("3".into(), "2".into()));
}

#[test]
fn a_profile_sets_up_databases_settings_and_extensions() {
    let folder = tempfile::tempdir().unwrap();
    let settings = json!({
        "path": "dev.duckdb",
        "attach": [{ "path": "other.duckdb", "alias": "other" }],
        "extensions": ["icu", { "name": "json" }],
        "settings": { "threads": 1, "preserve_insertion_order": false },
        "config_options": { "default_null_order": "nulls_first" },
    });
    let adapter = open(settings, folder.path());
    let mut first = adapter.connect().unwrap();
    execute(first.as_mut(), "create table other.main.t as select 1 as a").unwrap();
    let mut second = adapter.connect().unwrap();
    assert_eq!(only(second.as_mut(), "select a from other.t"), "1");
    assert_eq!(only(second.as_mut(), "select current_setting('threads')"), "1");
    assert_eq!(
        only(second.as_mut(), "select min(x) from (select x from (values (1), (null)) v(x) order by x limit 1)"),
        ""
    );
    assert_eq!(only(second.as_mut(), "select current_database()"), "dev");
}

#[test]
fn a_database_that_cannot_be_opened_says_why_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.duckdb"), "these are some notes, and not a database at all\n".repeat(400))
        .unwrap();
    let fails = |settings: Json| match open(settings, folder.path()).connect() {
        Ok(_) => "opened".to_string(),
        Err(error) => {
            assert_eq!(error.kind, ErrorKind::Connection);
            drawn("", &error)
        }
    };
    let said = [
        fails(json!({ "path": "missing/dev.duckdb" })),
        fails(json!({ "path": "notes.duckdb" })),
        fails(json!({ "path": "." })),
        fails(json!({ "settings": { "memory_limt": "1GB" } })),
        fails(json!({ "settings": { "threads": "many" } })),
        fails(json!({ "config_options": { "nope": 1 } })),
        fails(json!({ "attach": [{ "path": "missing/x.duckdb" }] })),
    ];
    let folder = folder.path().display().to_string();
    assert_snapshot!(said.join("\n").replace(&folder, "FOLDER"), @r#"
    the folder of the database file `FOLDER/missing/dev.duckdb` does not exist
      help: create it with `mkdir -p FOLDER/missing`, or change `path` in profiles.yml
    `FOLDER/notes.duckdb` is not a DuckDB database
      help: set `path` in profiles.yml to a database file, or to a name that does not exist yet
    cannot open the database `FOLDER`: IO Error: Could not read from file "FOLDER": Is a directory
    setting `memory_limt` of the target in profiles.yml: unrecognized configuration parameter "memory_limt"
      help: did you mean `memory_limit`?
    setting `threads` of the target in profiles.yml: Failed to cast value: Could not convert string 'many' to INT64
    cannot open the database `:memory:`: Invalid Input Error: The following options were not recognized: nope
    attached database `missing/x.duckdb` of the target in profiles.yml: Cannot open file "FOLDER/missing/x.duckdb": No such file or directory
    "#);
}

/// Set for the copy of this test binary that holds a database open.
const HOLD: &str = "TAMIS_TEST_HOLD_DATABASE";

#[test]
fn a_locked_file_names_who_holds_it() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};

    if let Some(path) = std::env::var_os(HOLD) {
        let adapter = open(json!({ "path": path.to_string_lossy() }), Path::new("/"));
        let _connection = adapter.connect().unwrap();
        println!("\nholding");
        let _ = std::io::stdin().read_line(&mut String::new());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dev.duckdb");
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "duckdb::a_locked_file_names_who_holds_it", "--nocapture"])
        .env(HOLD, &path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(holder.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(output.any(|line| line == "holding"));
    let error = open(json!({ "path": "dev.duckdb" }), folder.path()).connect().err().unwrap();
    let said = drawn("", &error).replace(&folder.path().display().to_string(), "FOLDER");
    let said = said.replace(&holder.id().to_string(), "NUMBER");
    let said = said.replace(&std::env::current_exe().unwrap().display().to_string(), "PROGRAM");
    holder.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert!(holder.wait().unwrap().success());
    drop(output);
    assert_snapshot!(said, @"
    the database file `FOLDER/dev.duckdb` is locked by PROGRAM (PID NUMBER)
      help: close the program that has it open, or set another `path` in profiles.yml
    ");
}
