{#
    get_replace_sql(existing_relation, target_relation, sql): the statements that put a new version of a relation, of
    the same kind or another, in the place of what is there. Nothing that is there goes before the new version stands.

    duckdb    create table … "fact_crimes__dbt_tmp" as (…);
              drop table if exists … "fact_crimes" cascade;
              alter table … "fact_crimes__dbt_tmp" rename to "fact_crimes", all in the node's transaction
    bigquery  one script: the new version beside, the old one renamed away, the new one renamed into place, the old one
              dropped; or `create or replace` where BigQuery can do that in one step
#}
{% macro get_replace_sql(existing_relation, target_relation, sql) -%}
    {{ adapter.dispatch('get_replace_sql', 'dbt')(existing_relation, target_relation, sql) }}
{%- endmacro %}

{% macro default__get_replace_sql(existing_relation, target_relation, sql) -%}
    {%- set is_replaceable = existing_relation.type == target_relation.type and existing_relation.can_be_replaced -%}
    {%- if is_replaceable and existing_relation.is_view -%}
{{ get_replace_view_sql(target_relation, sql) }}
    {%- elif is_replaceable and existing_relation.is_table -%}
{{ get_replace_table_sql(target_relation, sql) }}
    {%- elif is_replaceable and existing_relation.is_materialized_view -%}
{{ get_replace_materialized_view_sql(target_relation, sql) }}
    {%- elif target_relation.can_be_renamed and existing_relation.can_be_renamed -%}
{{ get_create_intermediate_sql(target_relation, sql) }};
{{ get_create_backup_sql(existing_relation) }};
{{ get_rename_intermediate_sql(target_relation) }};
{{ get_drop_backup_sql(existing_relation) }}
    {%- elif target_relation.can_be_renamed -%}
{{ get_create_intermediate_sql(target_relation, sql) }};
{{ get_drop_sql(existing_relation) }};
{{ get_rename_intermediate_sql(target_relation) }}
    {%- elif existing_relation.can_be_renamed -%}
{{ get_create_backup_sql(existing_relation) }};
{{ get_create_sql(target_relation, sql) }};
{{ get_drop_backup_sql(existing_relation) }}
    {%- else -%}
{{ get_drop_sql(existing_relation) }};
{{ get_create_sql(target_relation, sql) }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__get_replace_sql(existing_relation, target_relation, sql) -%}
    {{ get_create_intermediate_sql(target_relation, sql) }}
{{ get_drop_sql(existing_relation) }};
{{ get_rename_intermediate_sql(target_relation) }}
{%- endmacro %}

{#
    `create or replace` cannot change the kind of a relation, nor how a table is partitioned or clustered. A table moves
    aside by name and comes back if the script dies between; only views, which hold no rows, are dropped first.
#}
{% macro bigquery__get_replace_sql(existing_relation, target_relation, sql) -%}
    {%- set partitioning = adapter.parse_partition_by(config.get('partition_by', none)) -%}
    {%- if target_relation.is_view and existing_relation.is_view -%}
{{ get_create_sql(target_relation, sql) }}
    {%- elif target_relation.is_table and existing_relation.is_table
        and adapter.is_replaceable(existing_relation, partitioning, config.get('cluster_by', none)) -%}
{{ get_create_sql(target_relation, sql) }}
    {%- elif target_relation.is_materialized_view and existing_relation.is_materialized_view -%}
{{ get_replace_materialized_view_sql(target_relation, sql) }}
    {%- elif target_relation.is_table -%}
{{ bigquery__swap_in_table_sql(existing_relation, target_relation, sql) }}
    {%- else -%}
{{ bigquery__swap_in_view_sql(existing_relation, target_relation, sql) }}
    {%- endif -%}
{%- endmacro %}
