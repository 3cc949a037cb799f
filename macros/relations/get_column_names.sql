{#
    get_column_names(): the columns of the model's contract, in brackets, for an insert. Its dialects give them without
    brackets, for a select.

    duckdb    (id, area)
    bigquery  id, struct(address.street as street) as address
#}
{% macro get_column_names() -%}
({{ default__get_column_names() }})
{%- endmacro %}

{% macro default__get_column_names() -%}
    {%- for column in model['columns'].values() -%}
        {{ adapter.quote(column['name']) if column.get('quote') else column['name'] }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro bigquery__get_column_names() -%}
    {%- for column in adapter.nest_column_data_types(model['columns']).values() -%}
        {%- set name = adapter.quote(column['name']) if column.get('quote') else column['name'] -%}
    {{ api.Column.get_struct_select_expression(name, column.get('data_type') or '') }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
