{#
    array_construct(inputs=[], data_type=integer): an array of expressions that share one type.
    `data_type` says the type of an array with nothing in it.

    duckdb    array[ 1 , 2 ]    array[]::integer[]
    bigquery  [ 1 , 2 ]         ARRAY<INT64>[]
#}
{% macro array_construct(inputs=[], data_type=none) -%}
    {%- set element_type = api.Column.translate_type('integer') if data_type is none else data_type -%}
    {{ return(adapter.dispatch('array_construct', 'dbt')(inputs, element_type)) }}
{%- endmacro %}

{% macro default__array_construct(inputs, data_type) %}
    {% if inputs %}array[ {{ inputs | join(' , ') }} ]{% else %}array[]::{{ data_type }}[]{% endif %}
    {% endmacro %}

{% macro bigquery__array_construct(inputs, data_type) %}
    {% if inputs %}[ {{ inputs | join(' , ') }} ]{% else %}ARRAY<{{ data_type }}>[]{% endif %}
    {% endmacro %}
