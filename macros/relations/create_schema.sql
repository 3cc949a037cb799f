{#
    create_schema(relation): makes the schema (BigQuery: dataset) that a relation lies in, unless it is there. On
    BigQuery the place of the data is the job's location, not part of the statement.

    duckdb    create schema if not exists "dev"."main_core"
    bigquery  create schema if not exists `dev`.`main_core`
#}
{% macro create_schema(relation) -%}
    {{ adapter.dispatch('create_schema', 'dbt')(relation) }}
{%- endmacro %}

{% macro default__create_schema(relation) -%}
    {%- call statement('create_schema', auto_begin=false) -%}
        create schema if not exists {{ relation.without_identifier() }}
    {%- endcall -%}
{%- endmacro %}

{# Databases of other kinds that were attached may know no schemas: SQLite has `main` only, MySQL makes its own. #}
{% macro duckdb__create_schema(relation) -%}
    {%- set kind = 'duckdb' -%}
    {%- if (relation.database or '') | lower != (target.database or '') | lower -%}
        {%- set attached = run_query(
            "select type from duckdb_databases() where lower(database_name) = '" ~ (relation.database | lower) ~ "'"
        ) -%}
        {%- set kind = attached.columns[0].values()[0] if attached | length > 0 else kind -%}
    {%- endif -%}
    {%- if kind == 'sqlite' and relation.schema != 'main' -%}
        {{ exceptions.raise_compiler_error(
            "Schema must be 'main' when writing to sqlite instead got " ~ relation.schema
        ) }}
    {%- elif kind not in ['sqlite', 'mysql'] -%}
        {{ default__create_schema(relation) }}
    {%- endif -%}
{%- endmacro %}
