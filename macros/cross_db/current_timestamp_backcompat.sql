{#
    current_timestamp_backcompat(): what packages written for old releases call; new code calls `current_timestamp`.

    duckdb    current_timestamp::timestamp
    bigquery  current_timestamp
#}
{% macro current_timestamp_backcompat() %}
    {{ return(adapter.dispatch('current_timestamp_backcompat', 'dbt')()) }}
{% endmacro %}

{% macro default__current_timestamp_backcompat() %}
    current_timestamp::timestamp
{% endmacro %}

{% macro bigquery__current_timestamp_backcompat() -%}
    current_timestamp
{%- endmacro %}
