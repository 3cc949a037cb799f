{#
    make_hook_config(sql, inside_transaction): a hook that says where it runs, as `pre_hook` and `post_hook` take it.

    both      {"sql": "analyze", "transaction": false}
#}
{% macro make_hook_config(sql, inside_transaction) %}
    {{ tojson({'sql': sql, 'transaction': inside_transaction}) }}
{% endmacro %}
