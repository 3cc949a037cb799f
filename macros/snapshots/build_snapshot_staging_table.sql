{#
    build_snapshot_staging_table(strategy, sql, target_relation): puts what changed since the last snapshot into a table
    of its own, and gives that table.

    duckdb    create temporary table "areas__dbt_tmp" as (…);
    bigquery  create or replace table `dev`.`snapshots`.`areas__dbt_tmp_0193a1b2c3d4` OPTIONS(…) as (…);
#}
{% macro build_snapshot_staging_table(strategy, sql, target_relation) %}
    {%- set changes = make_temp_relation(target_relation) -%}
    {%- set select = snapshot_staging_table(strategy, sql, target_relation) -%}
    {%- call statement('build_snapshot_staging_relation') -%}
        {{ create_table_as(true, changes, select) }}
    {%- endcall -%}
    {{ return(changes) }}
{% endmacro %}
