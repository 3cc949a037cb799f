{#
    create_view_as(relation, sql): the statement that makes a view; with an enforced contract its columns are checked
    first.

    duckdb    create view "dev"."main"."stg_crime" as (
                  select …
              );
    bigquery  create or replace view `dev`.`main`.`stg_crime`
              OPTIONS(
                  description="""…"""
              )
              as select …;
#}
{% macro create_view_as(relation, sql) -%}
    {{ adapter.dispatch('create_view_as', 'dbt')(relation, sql) }}
{%- endmacro %}

{% macro default__create_view_as(relation, sql) -%}
    {%- if config.get('contract').enforced -%}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif -%}
    {%- set header = config.get('sql_header', none) -%}
{{ header ~ '\n' if header is not none -}}
create view {{ relation.render() }} as (
{{ sql }}
);
{%- endmacro %}

{% macro duckdb__create_view_as(relation, sql) -%}
    {{ return(default__create_view_as(relation, sql)) }}
{%- endmacro %}

{% macro bigquery__create_view_as(relation, sql) -%}
    {%- if config.get('contract').enforced -%}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif -%}
    {%- set header = config.get('sql_header', none) -%}
{{ header ~ '\n' if header is not none -}}
create or replace view {{ relation.render() }}
{{ bigquery_view_options(config, model) }}
as {{ sql }};
{%- endmacro %}
