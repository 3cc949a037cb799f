{#
    get_drop_backup_sql(relation): the statement that drops a relation's last version, once the next one stands.

    duckdb    drop table if exists … "fact_crimes__dbt_backup" cascade
    bigquery  drop table if exists … `fact_crimes__dbt_backup`
#}
{% macro get_drop_backup_sql(relation) -%}
    {{ adapter.dispatch('get_drop_backup_sql', 'dbt')(relation) }}
{%- endmacro %}

{% macro default__get_drop_backup_sql(relation) -%}
    {{ get_drop_sql(make_backup_relation(relation, relation.type)) }}
{%- endmacro %}
