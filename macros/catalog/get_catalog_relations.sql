{#
    get_catalog_relations(information_schema, relations): the given relations and their columns, as `docs generate` shows
    them. A table of rows, not SQL.

    both      the query of `get_catalog`, for these relations only
#}
{% macro get_catalog_relations(information_schema, relations) -%}
    {{ return(adapter.dispatch('get_catalog_relations', 'dbt')(information_schema, relations)) }}
{%- endmacro %}

{% macro default__get_catalog_relations(information_schema, relations) -%}
    {{ exceptions.raise_compiler_error('get_catalog_relations not implemented for ' ~ adapter.type()) }}
{%- endmacro %}

{% macro duckdb__get_catalog_relations(information_schema, relations) -%}
    {%- set where = duckdb__get_catalog_relations_where_clause_sql(relations) -%}
    {{ return(run_query(duckdb__get_catalog_sql(information_schema, where))) }}
{%- endmacro %}

{% macro bigquery__get_catalog_relations(information_schema, relations) -%}
    {%- if not relations -%}
        {{ return(run_query('select 1 as id limit 0')) }}
    {%- endif -%}
    {%- set wanted = [] -%}
    {%- for relation in relations -%}
        {%- do wanted.append(
            "(upper(table_schema) = upper('" ~ relation.schema ~ "') and upper(table_name) = upper('" ~ relation.identifier ~ "'))"
        ) -%}
    {%- endfor -%}
    {%- set shards -%}
    table_shards_stage as (
        {{ _bigquery__get_table_shards_sql(information_schema) }}
    ),
    table_shards as (
        select *
        from table_shards_stage
        where ({{ wanted | join('\n                or ') }})
    )
    {%- endset -%}
    {{ return(run_query(_bigquery__get_catalog_sql(information_schema, shards))) }}
{%- endmacro %}
