{#
    format_row(row, column_name_to_data_types): a fixture's row with every value as SQL of its column's type, by
    lower-case name. A value for macros, not SQL: "Hollywood" gives cast('Hollywood' as VARCHAR).
#}
{% macro format_row(row, column_name_to_data_types) -%}
    {%- set formatted = {} -%}
    {%- for given_name, given_value in row.items() -%}
        {%- set name = given_name | lower -%}
        {%- if name not in column_name_to_data_types -%}
            {%- set fixture = 'expected output' if model.resource_type == 'unit_test' else "'" ~ model.name ~ "'" -%}
            {{ exceptions.raise_compiler_error(
                "Invalid column name: '" ~ name ~ "' in unit test fixture for " ~ fixture ~ ".\nAccepted columns for "
                ~ fixture ~ " are: " ~ (column_name_to_data_types.keys() | list)
            ) }}
        {%- endif -%}
        {%- set type = column_name_to_data_types[name] -%}
        {%- set value = given_value -%}
        {%- if given_value is string -%}
            {# A text longer than the column must not be cut without a word. #}
            {%- set type = type.split('(')[0] if 'varying' in type else type -%}
            {%- set value = dbt.string_literal(dbt.escape_single_quotes(given_value)) -%}
        {%- elif given_value is none -%}
            {%- set value = 'null' -%}
        {%- endif -%}
        {%- do formatted.update({name: safe_cast(value, type) | trim}) -%}
    {%- endfor -%}
    {{ return(formatted) }}
{%- endmacro %}
