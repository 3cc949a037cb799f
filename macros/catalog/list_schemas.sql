{#
    list_schemas(database): the names of a database's schemas. A table of one column, not SQL.

    duckdb    select schema_name from system.information_schema.schemata where lower(catalog_name) = 'dev'
    bigquery  the project's datasets are listed
#}
{% macro list_schemas(database) -%}
    {{ return(adapter.dispatch('list_schemas', 'dbt')(database)) }}
{%- endmacro %}

{% macro default__list_schemas(database) -%}
    {{ return(run_query(
        'select distinct schema_name\nfrom ' ~ information_schema_name(database) ~ ".SCHEMATA\nwhere catalog_name ilike '" ~ database ~ "'"
    )) }}
{%- endmacro %}

{% macro duckdb__list_schemas(database) -%}
    {%- set where = "\nwhere lower(catalog_name) = '" ~ (database | lower) ~ "'" if database is not none else '' -%}
    {{ return(run_query('select schema_name\nfrom system.information_schema.schemata' ~ where)) }}
{%- endmacro %}

{% macro bigquery__list_schemas(database) -%}
    {{ return(adapter.list_schemas(database)) }}
{%- endmacro %}
