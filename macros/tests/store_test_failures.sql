{#
    store_test_failures(existing_relation, target_relation, sql, sql_header): keeps a test's failing rows, in place of
    those of its last run.

    duckdb    drop table if exists … cascade, then create table … as (…), in one transaction
    bigquery  create or replace table … as (…)
#}
{% macro store_test_failures(existing_relation, target_relation, sql, sql_header=none) %}
    {{ return(adapter.dispatch('store_test_failures', 'dbt')(existing_relation, target_relation, sql, sql_header)) }}
{% endmacro %}

{% macro default__store_test_failures(existing_relation, target_relation, sql, sql_header) %}
    {%- do adapter.ensure_transaction() -%}
    {{ drop_relation_if_exists(existing_relation) }}
    {%- call statement('store_failures', auto_begin=true) -%}
        {%- if sql_header %}{{ sql_header }}{% endif -%}
        {{ get_create_sql(target_relation, sql) }}
    {%- endcall -%}
{% endmacro %}

{% macro bigquery__store_test_failures(existing_relation, target_relation, sql, sql_header) %}
    {%- if existing_relation is not none and existing_relation.type != target_relation.type -%}
        {{ drop_relation_if_exists(existing_relation) }}
    {%- endif -%}
    {%- call statement('store_failures') -%}
        {%- if sql_header %}{{ sql_header }}{% endif -%}
        {{ get_create_sql(target_relation, sql) }}
    {%- endcall -%}
{% endmacro %}
