{#
    drop_relation_if_exists(relation): drops what `load_cached_relation` found; nothing for none.

    duckdb    drop table if exists "dev"."main"."stg_crime" cascade
    bigquery  drop table if exists `dev`.`main`.`stg_crime`
#}
{% macro drop_relation_if_exists(relation) %}
    {%- if relation is not none -%}
        {{ adapter.drop_relation(relation) }}
    {%- endif -%}
{% endmacro %}
