{#
    bigquery__swap_sql(existing_relation, target_relation, beside): the statements that put a finished table in the place
    of what is there. A table moves aside by name, so its rows are there until the new ones are.

    bigquery  drop table if exists `dev`.`main`.`t__dbt_backup`;
              alter table `dev`.`main`.`t` rename to `t__dbt_backup`;
              alter table `dev`.`main`.`t__dbt_tmp_0193a1b2c3d4` rename to `t`;
              drop table if exists `dev`.`main`.`t__dbt_backup`;
#}
{% macro bigquery__swap_sql(existing_relation, target_relation, beside) -%}
    {%- if existing_relation is none -%}
{{ get_rename_sql(beside, target_relation.identifier) }};
    {%- elif existing_relation.is_table -%}
    {%- set backup = make_backup_relation(existing_relation, existing_relation.type) -%}
{{ get_drop_sql(backup) }};
{{ get_rename_sql(existing_relation, backup.identifier) }};
{{ get_rename_sql(beside, target_relation.identifier) }};
{{ get_drop_sql(backup) }};
    {%- else -%}
{{ get_drop_sql(existing_relation) }};
{{ get_rename_sql(beside, target_relation.identifier) }};
    {%- endif -%}
{%- endmacro %}
