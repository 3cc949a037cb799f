{#
    bq_static_copy_partitions_insert_overwrite_sql(tmp_relation, target_relation, sql, partition_by, partitions,
    tmp_relation_exists): copies the listed partitions of the new rows over those of the table, here and now; the
    statement returned drops the table of new rows.

    bigquery  drop table if exists `dev`.`main`.`t__dbt_tmp_0193a1b2c3d4`
#}
{% macro bq_static_copy_partitions_insert_overwrite_sql(
    tmp_relation, target_relation, sql, partition_by, partitions, tmp_relation_exists
) -%}
    {%- if not tmp_relation_exists -%}
        {%- call statement('create_tmp_relation_for_copy') -%}
            {{ bq_create_table_as(partition_by, true, tmp_relation, sql, 'sql') }}
        {%- endcall -%}
    {%- endif -%}
    {%- set listed = 'unnest([' ~ partitions | join(', ') ~ ']) as partition_literal' -%}
    {%- set ids = run_query('select ' ~ bq_partition_id_sql(partition_by, 'partition_literal') ~ '\nfrom ' ~ listed) -%}
    {%- do bq_copy_partitions(tmp_relation, target_relation, ids.columns[0].values(), partition_by) -%}
drop table if exists {{ tmp_relation }}
{%- endmacro %}
