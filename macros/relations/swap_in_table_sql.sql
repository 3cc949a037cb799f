{#
    bigquery__swap_in_table_sql(existing_relation, target_relation, sql): a script that builds a table beside what is
    there, under a name of its own, then swaps. If the query fails, what is there was not touched.

    bigquery  create or replace table `dev`.`main`.`t__dbt_tmp_0193a1b2c3d4` … as (…);
              drop table if exists `dev`.`main`.`t__dbt_backup`;
              alter table `dev`.`main`.`t` rename to `t__dbt_backup`;
              alter table `dev`.`main`.`t__dbt_tmp_0193a1b2c3d4` rename to `t`;
              drop table if exists `dev`.`main`.`t__dbt_backup`;
#}
{% macro bigquery__swap_in_table_sql(existing_relation, target_relation, sql) -%}
    {%- set beside = make_temp_relation(target_relation) -%}
{{ get_create_table_as_sql(false, beside, sql) }}
{{ bigquery__swap_sql(existing_relation, target_relation, beside) }}
{%- endmacro %}
