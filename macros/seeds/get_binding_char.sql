{#
    get_binding_char(): what stands for a value in a prepared insert, for packages that insert rows themselves.

    duckdb    ?
    bigquery  %s
#}
{% macro get_binding_char() -%}
    {{ adapter.dispatch('get_binding_char', 'dbt')() }}
{%- endmacro %}

{% macro default__get_binding_char() %}
    {{ return('%s') }}
{% endmacro %}

{% macro duckdb__get_binding_char() %}
    {{ return('?') }}
{% endmacro %}
