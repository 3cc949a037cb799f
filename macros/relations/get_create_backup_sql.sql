{#
    get_create_backup_sql(relation): the statements that move a relation out of the way, without what an earlier run may
    have left there.

    duckdb    drop table if exists … "fact_crimes__dbt_backup" cascade;
              alter table … "fact_crimes" rename to "fact_crimes__dbt_backup"
    bigquery  the same in its own words
#}
{% macro get_create_backup_sql(relation) -%}
    {{ adapter.dispatch('get_create_backup_sql', 'dbt')(relation) }}
{%- endmacro %}

{% macro default__get_create_backup_sql(relation) -%}
    {%- set backup = make_backup_relation(relation, relation.type) -%}
{{ get_drop_sql(backup) }};
{{ get_rename_sql(relation, backup.identifier) }}
{%- endmacro %}
