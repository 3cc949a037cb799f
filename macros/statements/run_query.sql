{#
    run_query(sql): runs a query outside the node's transaction-to-be and gives its rows as a table; none while parsing,
    so callers guard what they do with it by `execute`.
#}
{% macro run_query(sql) %}
    {%- call statement('run_query_statement', fetch_result=true, auto_begin=false) -%}
        {{ sql }}
    {%- endcall -%}
    {{ return(load_result('run_query_statement').table) }}
{% endmacro %}
