{#
    post_snapshot(staging_relation): what comes after a snapshot: its table of changes goes.

    duckdb    drop table if exists "areas__dbt_tmp" cascade
    bigquery  drop table if exists `dev`.`snapshots`.`areas__dbt_tmp_0193a1b2c3d4`
#}
{% macro post_snapshot(staging_relation) %}
    {{ adapter.dispatch('post_snapshot', 'dbt')(staging_relation) }}
{% endmacro %}

{% macro default__post_snapshot(staging_relation) %}
{% endmacro %}

{% macro duckdb__post_snapshot(temporary_relation) %}
    {%- do drop_relation(temporary_relation) -%}
{% endmacro %}

{% macro bigquery__post_snapshot(staging_relation) %}
    {%- do drop_relation(staging_relation) -%}
{% endmacro %}
