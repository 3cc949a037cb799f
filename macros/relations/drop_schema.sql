{#
    drop_schema(relation): drops the schema (BigQuery: dataset) that a relation lies in, with all that is in it.

    both      drop schema if exists "dev"."main_core" cascade
#}
{% macro drop_schema(relation) -%}
    {{ adapter.dispatch('drop_schema', 'dbt')(relation) }}
{%- endmacro %}

{% macro default__drop_schema(relation) -%}
    {%- call statement('drop_schema', auto_begin=false) -%}
        drop schema if exists {{ relation.without_identifier() }} cascade
    {%- endcall -%}
{%- endmacro %}

{% macro duckdb__drop_schema(relation) -%}
    {{ return(default__drop_schema(relation)) }}
{%- endmacro %}

{% macro bigquery__drop_schema(relation) -%}
    {{ return(default__drop_schema(relation)) }}
{%- endmacro %}
