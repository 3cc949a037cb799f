{#
    get_batch_size(): how many rows of a seed one insert takes, for packages that insert rows themselves.
    A value for macros, not SQL.
#}
{% macro get_batch_size() -%}
    {{ return(adapter.dispatch('get_batch_size', 'dbt')()) }}
{%- endmacro %}

{% macro default__get_batch_size() %}
    {{ return(10000) }}
{% endmacro %}

{% macro duckdb__get_batch_size() %}
    {{ return(10000) }}
{% endmacro %}
