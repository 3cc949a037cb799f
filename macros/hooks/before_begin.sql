{#
    before_begin(sql): a pre-hook that runs before the node's transaction begins.

    both      {"sql": "analyze", "transaction": false}
#}
{% macro before_begin(sql) %}
    {{ make_hook_config(sql, inside_transaction=false) }}
{% endmacro %}
