{#
    in_transaction(sql): a hook that runs inside the node's transaction, as hooks do unless they say otherwise.

    both      {"sql": "analyze", "transaction": true}
#}
{% macro in_transaction(sql) %}
    {{ make_hook_config(sql, inside_transaction=true) }}
{% endmacro %}
