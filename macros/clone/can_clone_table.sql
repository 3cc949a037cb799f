{#
    can_clone_table(): whether the warehouse copies tables without copying rows. A value for macros, not SQL.
#}
{% macro can_clone_table() %}
    {{ return(adapter.dispatch('can_clone_table', 'dbt')()) }}
{% endmacro %}

{% macro default__can_clone_table() %}
    {{ return(false) }}
{% endmacro %}

{% macro bigquery__can_clone_table() %}
    {{ return(true) }}
{% endmacro %}
