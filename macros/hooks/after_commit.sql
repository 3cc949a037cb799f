{#
    after_commit(sql): a post-hook that runs after the node's transaction is committed.

    both      {"sql": "analyze", "transaction": false}
#}
{% macro after_commit(sql) %}
    {{ make_hook_config(sql, inside_transaction=false) }}
{% endmacro %}
