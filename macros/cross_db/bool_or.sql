{#
    bool_or(expression): aggregate; whether the expression is true for any row of the group.

    duckdb    bool_or(weapon_used = 'Y')
    bigquery  logical_or(weapon_used = 'Y')
#}
{% macro bool_or(expression) -%}
    {{ return(adapter.dispatch('bool_or', 'dbt')(expression)) }}
{%- endmacro %}

{% macro default__bool_or(expression) -%}
    bool_or({{ expression }})
{%- endmacro %}

{% macro bigquery__bool_or(expression) -%}
    logical_or({{ expression }})
{%- endmacro %}
