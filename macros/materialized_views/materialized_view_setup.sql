{#
    materialized_view_setup(backup_relation, intermediate_relation, pre_hooks): what comes before a materialized view is
    made: leftovers of an earlier run go, hooks outside the transaction run.
#}
{% macro materialized_view_setup(backup_relation, intermediate_relation, pre_hooks) %}
    {{ drop_relation_if_exists(load_cached_relation(backup_relation)) }}
    {{ drop_relation_if_exists(load_cached_relation(intermediate_relation)) }}
    {{ run_hooks(pre_hooks, inside_transaction=false) }}
{% endmacro %}
