{#
    get_column_names(): the columns of the model's contract, in brackets, for an insert. Its dialects give them without
    brackets, for a select.

    duckdb    (
                  id ,
                  area
              )
    bigquery  id, address
#}
{% macro get_column_names() -%}
(
    {%- for column in model['columns'].values() %}
    {{ adapter.quote(column['name']) if column.get('quote') else column['name'] }}{{ ' ,' if not loop.last }}
    {%- endfor %}
)
{%- endmacro %}

{% macro default__get_column_names() -%}
    {%- for column in model['columns'].values() -%}
        {{ adapter.quote(column['name']) if column.get('quote') else column['name'] }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro bigquery__get_column_names() -%}
    {%- for column in adapter.nest_column_data_types(model['columns']).values() -%}
        {{ adapter.quote(column['name']) if column.get('quote') else column['name'] }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
