{#
    get_catalog(information_schema, schemas): every relation and column of the schemas, as `docs generate` shows them.
    A table of rows, not SQL.

    duckdb    with tables as (… duckdb_tables() …), columns as (… duckdb_columns() …) select …
    bigquery  with table_shards as (… `dev`.`main`.__TABLES__ …), … select …
#}
{% macro get_catalog(information_schema, schemas) -%}
    {{ return(adapter.dispatch('get_catalog', 'dbt')(information_schema, schemas)) }}
{%- endmacro %}

{% macro default__get_catalog(information_schema, schemas) -%}
    {{ exceptions.raise_compiler_error('get_catalog not implemented for ' ~ adapter.type()) }}
{%- endmacro %}

{% macro duckdb__get_catalog(information_schema, schemas) -%}
    {%- set where = duckdb__get_catalog_schemas_where_clause_sql(schemas) -%}
    {{ return(run_query(duckdb__get_catalog_sql(information_schema, where))) }}
{%- endmacro %}

{% macro bigquery__get_catalog(information_schema, schemas) -%}
    {%- if not schemas -%}
        {{ return(run_query('select 1 as id limit 0')) }}
    {%- endif -%}
    {%- set wanted = [] -%}
    {%- for schema in schemas -%}
        {%- do wanted.append("upper(tables.dataset_id) = upper('" ~ schema ~ "')") -%}
    {%- endfor -%}
    {%- set shards -%}
    table_shards as (
        {{ _bigquery__get_table_shards_sql(information_schema) }}
        where ({{ wanted | join(' or ') }})
    )
    {%- endset -%}
    {{ return(run_query(_bigquery__get_catalog_sql(information_schema, shards))) }}
{%- endmacro %}
