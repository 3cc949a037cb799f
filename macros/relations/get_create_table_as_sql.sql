{#
    get_create_table_as_sql(temporary, relation, sql): the statement that makes a table of a query's rows.

    duckdb    create table "dev"."main"."fact_crimes" as (…);
    bigquery  create or replace table `dev`.`main`.`fact_crimes` partition by … OPTIONS() as (…);
#}
{% macro get_create_table_as_sql(temporary, relation, sql) -%}
    {{ adapter.dispatch('get_create_table_as_sql', 'dbt')(temporary, relation, sql) }}
{%- endmacro %}

{% macro default__get_create_table_as_sql(temporary, relation, sql) -%}
    {{ return(create_table_as(temporary, relation, sql)) }}
{%- endmacro %}
