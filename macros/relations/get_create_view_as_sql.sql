{#
    get_create_view_as_sql(relation, sql): the statement that makes a view.

    duckdb    create view "dev"."main"."stg_crime" as (…);
    bigquery  create or replace view `dev`.`main`.`stg_crime` OPTIONS() as …;
#}
{% macro get_create_view_as_sql(relation, sql) -%}
    {{ adapter.dispatch('get_create_view_as_sql', 'dbt')(relation, sql) }}
{%- endmacro %}

{% macro default__get_create_view_as_sql(relation, sql) -%}
    {{ return(create_view_as(relation, sql)) }}
{%- endmacro %}
