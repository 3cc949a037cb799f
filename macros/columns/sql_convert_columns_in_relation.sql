{#
    sql_convert_columns_in_relation(table): columns from a table that describes them, one a row: name, type, length,
    precision, scale. A list of columns, not SQL.
#}
{% macro sql_convert_columns_in_relation(table) -%}
    {%- set columns = [] -%}
    {%- for row in table -%}
        {%- do columns.append(api.Column(*row)) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}
