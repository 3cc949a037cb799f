{#
    type_int(): whole numbers; of 32 bits on DuckDB, of 64 on BigQuery.

    duckdb    integer
    bigquery  INT64
#}
{% macro type_int() -%}
    {{ return(adapter.dispatch('type_int', 'dbt')()) }}
{%- endmacro %}

{% macro default__type_int() -%}
    {{ return(api.Column.translate_type('integer')) }}
{%- endmacro %}
