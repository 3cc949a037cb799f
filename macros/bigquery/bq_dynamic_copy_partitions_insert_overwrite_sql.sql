{#
    bq_dynamic_copy_partitions_insert_overwrite_sql(tmp_relation, target_relation, sql, unique_key, partition_by,
    dest_columns, tmp_relation_exists, copy_partitions): copies the partitions that the new rows lie in over those of the
    table, here and now; the statement returned drops the table of new rows.

    bigquery  drop table if exists `dev`.`main`.`t__dbt_tmp_0193a1b2c3d4`
#}
{% macro bq_dynamic_copy_partitions_insert_overwrite_sql(
    tmp_relation, target_relation, sql, unique_key, partition_by, dest_columns, tmp_relation_exists, copy_partitions
) -%}
    {%- if not tmp_relation_exists -%}
        {%- call statement('create_tmp_relation_for_copy') -%}
            {{ bq_create_table_as(partition_by, true, tmp_relation, sql, 'sql') }}
        {%- endcall -%}
    {%- endif -%}
    {%- set value = partition_by.render_wrapped() -%}
    {%- set ids = run_query('select distinct ' ~ bq_partition_id_sql(partition_by, value) ~ '\nfrom ' ~ tmp_relation) -%}
    {%- do bq_copy_partitions(tmp_relation, target_relation, ids.columns[0].values(), partition_by) -%}
drop table if exists {{ tmp_relation }}
{%- endmacro %}
