{#
    get_true_sql(): a condition that always holds.

    both      TRUE
#}
{% macro get_true_sql() %}
    {{ adapter.dispatch('get_true_sql', 'dbt')() }}
{% endmacro %}

{% macro default__get_true_sql() %}
    {{ return('TRUE') }}
{% endmacro %}
