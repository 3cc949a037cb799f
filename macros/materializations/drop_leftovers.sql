{#
    drop_leftovers(relation): drops what an earlier run that died may have left beside a relation.

    duckdb    drop table if exists "dev"."main"."fact_crimes__dbt_tmp" cascade
#}
{% macro drop_leftovers(relation) %}
    {{ drop_relation_if_exists(load_cached_relation(make_intermediate_relation(relation))) }}
    {{ drop_relation_if_exists(load_cached_relation(make_backup_relation(relation, relation.type))) }}
{% endmacro %}
