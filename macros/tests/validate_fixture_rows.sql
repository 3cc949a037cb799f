{#
    validate_fixture_rows(rows, row_number): where a warehouse may refuse a unit test's rows before they are written as
    SQL. Nothing here does.
#}
{% macro validate_fixture_rows(rows, row_number) -%}
    {{ return(adapter.dispatch('validate_fixture_rows', 'dbt')(rows, row_number)) }}
{%- endmacro %}

{% macro default__validate_fixture_rows(rows, row_number) -%}
{%- endmacro %}
