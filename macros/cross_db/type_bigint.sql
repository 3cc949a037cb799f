{#
    type_bigint(): whole numbers of 64 bits.

    both      bigint
#}
{% macro type_bigint() -%}
    {{ return(adapter.dispatch('type_bigint', 'dbt')()) }}
{%- endmacro %}

{% macro default__type_bigint() %}
    {{ return(api.Column.translate_type('bigint')) }}
{% endmacro %}
