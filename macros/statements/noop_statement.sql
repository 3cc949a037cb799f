{#
    noop_statement(name=none, message=none, code=none, rows_affected=none, res=none): for call blocks; keeps an answer
    under `name` as if the block's text had been run. What a seed shows for its `main`.
#}
{%- macro noop_statement(name=none, message=none, code=none, rows_affected=none, res=none) -%}
    {%- set text = caller() -%}
    {%- if name == 'main' -%}
        {{ write(text) }}
    {%- endif -%}
    {%- if name is not none -%}
        {{ store_raw_result(name, message=message, code=code, rows_affected=rows_affected, agate_table=res) }}
    {%- endif -%}
{%- endmacro %}
