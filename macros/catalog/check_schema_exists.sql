{#
    check_schema_exists(information_schema, schema): how many schemas have this name. A table of one number, not SQL; on
    BigQuery true or false.

    duckdb    select count(*) from system.information_schema.schemata where lower(schema_name) = 'main' and …
    bigquery  the project's datasets are listed
#}
{% macro check_schema_exists(information_schema, schema) -%}
    {{ return(adapter.dispatch('check_schema_exists', 'dbt')(information_schema, schema)) }}
{%- endmacro %}

{% macro default__check_schema_exists(information_schema, schema) -%}
    {{ return(run_query(
        'select count(*)\nfrom ' ~ information_schema.replace(information_schema_view='SCHEMATA')
        ~ "\nwhere catalog_name='" ~ information_schema.database ~ "'\n    and schema_name='" ~ schema ~ "'"
    )) }}
{%- endmacro %}

{% macro duckdb__check_schema_exists(information_schema, schema) -%}
    {{ return(run_query(
        "select count(*)\nfrom system.information_schema.schemata\nwhere lower(schema_name) = '" ~ (schema | lower)
        ~ "'\n    and lower(catalog_name) = '" ~ (information_schema.database | lower) ~ "'"
    )) }}
{%- endmacro %}

{% macro bigquery__check_schema_exists(information_schema, schema) -%}
    {{ return(adapter.check_schema_exists(information_schema.database, schema)) }}
{%- endmacro %}
