{#
    How a data test runs: its query is wrapped by `get_test_sql` and gives one row of figures. With --store-failures the
    failing rows are first kept in a relation (`store_failures_as` table or view), which the figures are then taken from.

    duckdb    create table "dev"."main_dbt_test__audit"."unique_stg_crime_dr_no" as (…);
              select count(*) as failures, … from (select * from "dev"."main_dbt_test__audit"."unique_stg_crime_dr_no") …
    bigquery  create or replace table `dev`.`main_dbt_test__audit`.`unique_stg_crime_dr_no` … ; and the same query
#}
{% materialization test, default %}
    {%- set relations = [] -%}
    {%- set header = config.get('sql_header') if flags.REQUIRE_SQL_HEADER_IN_TEST_CONFIGS else none -%}
    {%- set main_sql = get_limit_subquery_sql(sql, config.get('limit')) -%}

    {%- if should_store_failures() -%}
        {%- set kind = config.get('store_failures_as') or 'table' -%}
        {%- if kind not in ['table', 'view'] -%}
            {{ exceptions.raise_compiler_error(
                "'" ~ kind ~ "' is not a valid value for `store_failures_as`. "
                ~ "Accepted values are: ['ephemeral', 'table', 'view']"
            ) }}
        {%- endif -%}
        {%- set existing = adapter.get_relation(database=database, schema=schema, identifier=model['alias']) -%}
        {%- set failures = api.Relation.create(database=database, schema=schema, identifier=model['alias'], type=kind) -%}
        {{ store_test_failures(existing, failures, main_sql, header) }}
        {{ adapter.commit() }}
        {%- do relations.append(failures) -%}
        {%- set main_sql = 'select *\n      from ' ~ failures -%}
    {%- endif -%}

    {%- call statement('main', fetch_result=true) -%}
        {%- if header %}{{ header }}{% endif -%}
        {{ get_test_sql(main_sql, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), limit=none) }}
    {%- endcall -%}

    {{ return({'relations': relations}) }}
{% endmaterialization %}
