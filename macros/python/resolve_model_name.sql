{#
    resolve_model_name(input_model_name): a relation's name inside a Python text.

    duckdb    \"dev\".\"main\".\"stg_crime\"
    bigquery  dev.main.stg_crime
#}
{% macro resolve_model_name(input_model_name) %}
    {{ return(adapter.dispatch('resolve_model_name', 'dbt')(input_model_name)) }}
{% endmacro %}

{% macro default__resolve_model_name(input_model_name) -%}
    {{ input_model_name | string | replace('"', '\\"') }}
{%- endmacro %}

{% macro bigquery__resolve_model_name(input_model_name) -%}
    {{ input_model_name | string | replace('`', '') | replace('"', '\\"') }}
{%- endmacro %}
