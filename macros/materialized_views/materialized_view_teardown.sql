{#
    materialized_view_teardown(backup_relation, intermediate_relation, post_hooks): what comes after a materialized view
    is made: what lay beside it goes, hooks outside the transaction run.
#}
{% macro materialized_view_teardown(backup_relation, intermediate_relation, post_hooks) %}
    {{ drop_relation_if_exists(load_cached_relation(backup_relation)) }}
    {{ drop_relation_if_exists(load_cached_relation(intermediate_relation)) }}
    {{ run_hooks(post_hooks, inside_transaction=false) }}
{% endmacro %}
