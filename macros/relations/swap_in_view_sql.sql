{#
    bigquery__swap_in_view_sql(existing_relation, target_relation, sql): a script that puts a view, or a materialized
    view, in the place of a relation of another kind. A view of the same query is made beside first, so a query that is
    wrong fails while the old relation still stands.

    bigquery  create or replace view `dev`.`main`.`t__dbt_tmp_0193a1b2c3d4` … as …;
              drop view if exists `dev`.`main`.`t__dbt_tmp_0193a1b2c3d4`;
              drop table if exists `dev`.`main`.`t__dbt_backup`;
              alter table `dev`.`main`.`t` rename to `t__dbt_backup`;
              create or replace view `dev`.`main`.`t` … as …;
              drop table if exists `dev`.`main`.`t__dbt_backup`;
#}
{% macro bigquery__swap_in_view_sql(existing_relation, target_relation, sql) -%}
    {%- set beside = make_temp_relation(target_relation.incorporate(type='view')) -%}
    {%- set backup = make_backup_relation(existing_relation, existing_relation.type) -%}
{{ get_create_view_as_sql(beside, sql) }}
{{ get_drop_sql(beside) }};
{% if existing_relation.is_table -%}
{{ get_drop_sql(backup) }};
{{ get_rename_sql(existing_relation, backup.identifier) }};
{{ get_create_sql(target_relation, sql) }}
{{ get_drop_sql(backup) }};
    {%- else -%}
{{ get_drop_sql(existing_relation) }};
{{ get_create_sql(target_relation, sql) }}
    {%- endif -%}
{%- endmacro %}
