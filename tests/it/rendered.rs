//! What the macros that people call in their models render to, on both warehouses, white space folded.

use insta::assert_snapshot;
use tamis::adapter::replay::Script;
use tamis::manifest::Manifest;
use tamis::project::Flags;
use tamis::relation::AdapterKind;

use crate::support::engine::Bench;

/// Each expression with its text on DuckDB and on BigQuery.
fn table(expressions: &[&str]) -> String {
    let bench = |kind| Bench::new(kind, Flags::default(), Script::new(), Manifest::default());
    let (duckdb, bigquery) = (bench(AdapterKind::DuckDb), bench(AdapterKind::BigQuery));
    let folded = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = expressions.iter().map(|expression| {
        let text = format!("{{{{ {expression} }}}}");
        format!(
            "{expression}\n  duckdb    {}\n  bigquery  {}",
            folded(duckdb.render(&text)),
            folded(bigquery.render(&text))
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn dates_and_times() {
    assert_snapshot!(table(&[
        "dbt.current_timestamp()",
        "dbt.date(2020, 3, 1)",
        "dbt.date_trunc('month', 'd')",
        "dbt.dateadd('day', -1, 'd')",
        "dbt.dateadd('quarter', 'n', 'd')",
        "dbt.dateadd('week', 2, 'd')",
        "dbt.datediff('a', 'b', 'day')",
        "dbt.datediff('a', 'b', 'week')",
        "dbt.last_day('d', 'month')",
        "dbt.last_day('d', 'quarter')",
        "dbt.snapshot_get_time()",
        "dbt.snapshot_string_as_time('2020-01-01')",
    ]), @r#"
    dbt.current_timestamp()
      duckdb    now()
      bigquery  current_timestamp()
    dbt.date(2020, 3, 1)
      duckdb    make_date(2020, 3, 1)
      bigquery  date(2020, 3, 1)
    dbt.date_trunc('month', 'd')
      duckdb    date_trunc('month', d)
      bigquery  timestamp_trunc( cast(d as timestamp), month )
    dbt.dateadd('day', -1, 'd')
      duckdb    (d + cast(-1 as bigint) * interval 1 day)
      bigquery  datetime_add( cast( d as datetime), interval -1 day )
    dbt.dateadd('quarter', 'n', 'd')
      duckdb    (d + (cast(n as bigint) * 3) * interval 1 month)
      bigquery  datetime_add( cast( d as datetime), interval n quarter )
    dbt.dateadd('week', 2, 'd')
      duckdb    (d + (cast(2 as bigint) * 7) * interval 1 day)
      bigquery  datetime_add( cast( d as datetime), interval 2 week )
    dbt.datediff('a', 'b', 'day')
      duckdb    (date_diff('day', a::timestamp, b::timestamp ))
      bigquery  datetime_diff( cast(b as datetime), cast(a as datetime), day )
    dbt.datediff('a', 'b', 'week')
      duckdb    ( (date_diff('day', a::timestamp, b::timestamp )) // 7 + case when date_part('dow', (a)::timestamp) <= date_part('dow', (b)::timestamp) then case when a <= b then 0 else -1 end else case when a <= b then 1 else 0 end end)
      bigquery  datetime_diff( cast(b as datetime), cast(a as datetime), week )
    dbt.last_day('d', 'month')
      duckdb    cast( ( (date_trunc('month', d) + cast(1 as bigint) * interval 1 month) + cast(-1 as bigint) * interval 1 day) as date)
      bigquery  cast( datetime_add( cast( datetime_add( cast( timestamp_trunc( cast(d as timestamp), month ) as datetime), interval 1 month ) as datetime), interval -1 day ) as date)
    dbt.last_day('d', 'quarter')
      duckdb    -- duckdb dateadd does not support quarter interval. cast( ( (date_trunc('quarter', d) + cast(3 as bigint) * interval 1 month) + cast(-1 as bigint) * interval 1 day) as date)
      bigquery  cast( datetime_add( cast( datetime_add( cast( timestamp_trunc( cast(d as timestamp), quarter ) as datetime), interval 1 quarter ) as datetime), interval -1 day ) as date)
    dbt.snapshot_get_time()
      duckdb    now()::timestamp
      bigquery  current_timestamp()
    dbt.snapshot_string_as_time('2020-01-01')
      duckdb    '2020-01-01'::timestamp
      bigquery  TIMESTAMP("2020-01-01")
    "#);
}

#[test]
fn texts() {
    assert_snapshot!(table(&[
        "dbt.concat(['a', 'b'])",
        "dbt.escape_single_quotes(\"they're\")",
        "dbt.hash('x')",
        "dbt.length('x')",
        "dbt.listagg('x', \"', '\", 'order by y', 3)",
        "dbt.listagg('x')",
        "dbt.position(\"'a'\", 'x')",
        "dbt.replace('x', \"'a'\", \"'b'\")",
        "dbt.right('x', 3)",
        "dbt.split_part('x', \"'-'\", 2)",
        "dbt.split_part('x', \"'-'\", -1)",
        "dbt.string_literal('a')",
        "dbt.snapshot_hash_arguments(['a', 'b'])",
    ]), @r#"
    dbt.concat(['a', 'b'])
      duckdb    a || b
      bigquery  a || b
    dbt.escape_single_quotes("they're")
      duckdb    they''re
      bigquery  they\'re
    dbt.hash('x')
      duckdb    md5(cast(x as TEXT))
      bigquery  to_hex(md5(cast(x as string)))
    dbt.length('x')
      duckdb    length( x )
      bigquery  length( x )
    dbt.listagg('x', "', '", 'order by y', 3)
      duckdb    list_aggr( (array_agg( x order by y ))[1:3], 'string_agg', ', ' )
      bigquery  string_agg( x, ', ' order by y limit 3 )
    dbt.listagg('x')
      duckdb    string_agg( x, ',' )
      bigquery  string_agg( x, ',' )
    dbt.position("'a'", 'x')
      duckdb    position( 'a' in x )
      bigquery  strpos( x, 'a' )
    dbt.replace('x', "'a'", "'b'")
      duckdb    replace( x, 'a', 'b' )
      bigquery  replace( x, 'a', 'b' )
    dbt.right('x', 3)
      duckdb    right( x, 3 )
      bigquery  case when 3 = 0 then '' else substr( x, -1 * (3) ) end
    dbt.split_part('x', "'-'", 2)
      duckdb    string_split(x, '-')[ 2 ]
      bigquery  split( x, '-' )[safe_offset(1)]
    dbt.split_part('x', "'-'", -1)
      duckdb    string_split(x, '-')[ -1 ]
      bigquery  split( x, '-' )[safe_offset( length(x) - length( replace(x, '-', '') ) + 1 + -1 )]
    dbt.string_literal('a')
      duckdb    'a'
      bigquery  '''a'''
    dbt.snapshot_hash_arguments(['a', 'b'])
      duckdb    md5(coalesce(cast(a as varchar ), '') || '|' || coalesce(cast(b as varchar ), ''))
      bigquery  to_hex(md5(concat(coalesce(cast(a as string), ''), '|', coalesce(cast(b as string), ''))))
    "#);
}

#[test]
fn types_and_conversions() {
    assert_snapshot!(table(&[
        "dbt.type_bigint()",
        "dbt.type_boolean()",
        "dbt.type_float()",
        "dbt.type_int()",
        "dbt.type_numeric()",
        "dbt.type_string()",
        "dbt.type_timestamp()",
        "dbt.cast('x', 'integer')",
        "dbt.cast_bool_to_text('x')",
        "dbt.safe_cast('x', dbt.type_int())",
        "dbt.safe_cast(['1', '2'], 'array<int64>')",
        "dbt.safe_cast(\"'struct(1 as a)'\", 'struct<a int64>')",
    ]), @r#"
    dbt.type_bigint()
      duckdb    bigint
      bigquery  bigint
    dbt.type_boolean()
      duckdb    boolean
      bigquery  boolean
    dbt.type_float()
      duckdb    float
      bigquery  FLOAT64
    dbt.type_int()
      duckdb    integer
      bigquery  INT64
    dbt.type_numeric()
      duckdb    numeric(28,6)
      bigquery  numeric
    dbt.type_string()
      duckdb    TEXT
      bigquery  string
    dbt.type_timestamp()
      duckdb    timestamp
      bigquery  timestamp
    dbt.cast('x', 'integer')
      duckdb    cast(x as integer)
      bigquery  cast(x as integer)
    dbt.cast_bool_to_text('x')
      duckdb    cast(x as TEXT)
      bigquery  cast(x as string)
    dbt.safe_cast('x', dbt.type_int())
      duckdb    cast(x as integer)
      bigquery  safe_cast(x as INT64)
    dbt.safe_cast(['1', '2'], 'array<int64>')
      duckdb    cast(['1', '2'] as array<int64>)
      bigquery  (select array_agg(safe_cast(i as int64)) from unnest(['1', '2']) i)
    dbt.safe_cast("'struct(1 as a)'", 'struct<a int64>')
      duckdb    cast('struct(1 as a)' as struct<a int64>)
      bigquery  safe_cast(struct(1 as a) as struct<a int64>)
    "#);
}

#[test]
fn sets_aggregates_and_arrays() {
    assert_snapshot!(table(&[
        "dbt.any_value('x')",
        "dbt.bool_or('x')",
        "dbt.except()",
        "dbt.intersect()",
        "dbt.array_append('a', '1')",
        "dbt.array_concat('a', 'b')",
        "dbt.array_construct(['1', '2'])",
        "dbt.array_construct()",
        "dbt.equals('a', 'b')",
        "dbt.generate_series(5)",
        "dbt.get_powers_of_two(10)",
        "dbt.date_spine('day', 'a', 'b')",
    ]), @"
    dbt.any_value('x')
      duckdb    arbitrary(x)
      bigquery  any_value(x)
    dbt.bool_or('x')
      duckdb    bool_or(x)
      bigquery  logical_or(x)
    dbt.except()
      duckdb    except
      bigquery  except distinct
    dbt.intersect()
      duckdb    intersect
      bigquery  intersect distinct
    dbt.array_append('a', '1')
      duckdb    array_append(a, 1)
      bigquery  array_concat(a, [ 1 ] )
    dbt.array_concat('a', 'b')
      duckdb    array_cat(a, b)
      bigquery  array_concat(a, b)
    dbt.array_construct(['1', '2'])
      duckdb    array[ 1 , 2 ]
      bigquery  [ 1 , 2 ]
    dbt.array_construct()
      duckdb    array[]::integer[]
      bigquery  ARRAY<INT64>[]
    dbt.equals('a', 'b')
      duckdb    (a = b)
      bigquery  (a = b)
    dbt.generate_series(5)
      duckdb    select generate_series as generated_number from generate_series(1, 5)
      bigquery  with p as ( select 0 as generated_number union all select 1 ), unioned as ( select p0.generated_number * power(2, 0) + p1.generated_number * power(2, 1) + p2.generated_number * power(2, 2) + 1 as generated_number from p as p0 cross join p as p1 cross join p as p2 ) select * from unioned where generated_number <= 5 order by generated_number
    dbt.get_powers_of_two(10)
      duckdb    4
      bigquery  4
    dbt.date_spine('day', 'a', 'b')
      duckdb    with rawdata as ( select generate_series as generated_number from generate_series(1, 1) ), all_periods as ( select ( (a + cast(row_number() over (order by 1) - 1 as bigint) * interval 1 day) ) as date_day from rawdata ), filtered as ( select * from all_periods where date_day <= b ) select * from filtered
      bigquery  with rawdata as ( with p as ( select 0 as generated_number union all select 1 ), unioned as ( select p0.generated_number * power(2, 0) + 1 as generated_number from p as p0 ) select * from unioned where generated_number <= 1 order by generated_number ), all_periods as ( select ( datetime_add( cast( a as datetime), interval row_number() over (order by 1) - 1 day ) ) as date_day from rawdata ), filtered as ( select * from all_periods where date_day <= b ) select * from filtered
    ");
}
