{#
    copy_grants(): whether a relation that replaces another takes over its grants. Assumed, since asking once too often
    does no harm. A value for macros, not SQL.
#}
{% macro copy_grants() %}
    {{ return(adapter.dispatch('copy_grants', 'dbt')()) }}
{% endmacro %}

{% macro default__copy_grants() %}
    {{ return(true) }}
{% endmacro %}
