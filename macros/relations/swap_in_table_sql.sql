{#
    bigquery__swap_in_table_sql(existing_relation, target_relation, sql): a script that builds a table beside what is
    there under a name of its own, then swaps by name. If the query fails, what is there was not touched.

    bigquery  create or replace table `dev`.`main`.`t__dbt_tmp_0193a1b2c3d4` … as (…);
              drop table if exists `dev`.`main`.`t__dbt_backup`;
              alter table `dev`.`main`.`t` rename to t__dbt_backup;
              alter table `dev`.`main`.`t__dbt_tmp_0193a1b2c3d4` rename to t;
              drop table if exists `dev`.`main`.`t__dbt_backup`;
#}
{% macro bigquery__swap_in_table_sql(existing_relation, target_relation, sql) -%}
    {%- set beside = make_temp_relation(target_relation) -%}
    {%- set backup = make_backup_relation(existing_relation, existing_relation.type) -%}
    {{ get_create_table_as_sql(false, beside, sql) }}
    {% if existing_relation.is_table -%}
    {{ get_drop_sql(backup) }};
    {{ get_rename_sql(existing_relation, backup.identifier) }};
    {{ get_rename_sql(beside, target_relation.identifier) }};
    {{ get_drop_sql(backup) }};
    {%- else -%}
    {{ get_drop_sql(existing_relation) }};
    {{ get_rename_sql(beside, target_relation.identifier) }};
    {%- endif -%}
{%- endmacro %}
