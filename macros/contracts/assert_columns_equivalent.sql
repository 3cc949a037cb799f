{#
    assert_columns_equivalent(sql): refuses a query whose columns are not those of the model's contract, by number, name
    and type, with both lists. The warehouse says how it spells each type. Renders nothing.
#}
{% macro assert_columns_equivalent(sql) -%}
    {%- if not model['columns'] -%}
        {{ exceptions.raise_contract_error([], []) }}
    {%- endif -%}
    {%- set given = format_columns(get_column_schema_from_query(sql, config.get('sql_header', none))) -%}
    {%- set promised = format_columns(get_column_schema_from_query(get_empty_schema_sql(model['columns']))) -%}
    {%- set promised_types = {} -%}
    {%- for column in promised -%}
        {%- do promised_types.update({column['name']: column['formatted']}) -%}
    {%- endfor -%}
    {%- if given | length != promised | length -%}
        {%- do exceptions.raise_contract_error(promised, given) -%}
    {%- endif -%}
    {%- for column in given if promised_types.get(column['name']) != column['formatted'] -%}
        {%- do exceptions.raise_contract_error(promised, given) -%}
    {%- endfor -%}
{%- endmacro %}
