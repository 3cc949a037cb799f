{#
    statement(name=none, fetch_result=false, auto_begin=true, language='sql'): for call blocks; runs the block's text on
    the warehouse, and keeps the answer under `name` for `load_result`. `main` is the statement that makes a node: it is
    also written below `target/run`.

    With `auto_begin` the statement joins the transaction of the node, which is begun if there is none yet; BigQuery has
    no such transaction. Does nothing while parsing.
#}
{%- macro statement(name=none, fetch_result=false, auto_begin=true, language='sql') -%}
    {%- if execute -%}
        {%- set text = caller() -%}
        {%- if name == 'main' -%}
            {{ write(text) }}
        {%- endif -%}
        {%- if language != 'sql' -%}
            {{ exceptions.raise_compiler_error('models in ' ~ language ~ ' are not supported yet') }}
        {%- endif -%}
        {%- set response, table = adapter.execute(text, auto_begin=auto_begin, fetch=fetch_result) -%}
        {%- if name is not none -%}
            {{ store_result(name, response=response, agate_table=table) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
