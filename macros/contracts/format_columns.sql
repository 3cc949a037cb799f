{#
    format_columns(columns): columns as they are compared and shown: name, type, and both in one text.
    A value for macros, not SQL: [{'name': 'id', 'data_type': 'BIGINT', 'formatted': 'id BIGINT'}].
#}
{% macro format_columns(columns) %}
    {%- set formatted = [] -%}
    {%- for column in columns -%}
        {%- do formatted.append(adapter.dispatch('format_column', 'dbt')(column)) -%}
    {%- endfor -%}
    {{ return(formatted) }}
{% endmacro %}

{% macro default__format_column(column) -%}
    {{ return({'name': column.name, 'data_type': column.dtype, 'formatted': column.column | lower ~ ' ' ~ column.dtype}) }}
{%- endmacro %}

{% macro bigquery__format_column(column) -%}
    {{ return({'name': column.name, 'data_type': column.data_type, 'formatted': column.column | lower ~ ' ' ~ column.data_type}) }}
{%- endmacro %}
