{#
    bq_dynamic_insert_overwrite_sql(tmp_relation, target_relation, sql, unique_key, partition_by, dest_columns, …):
    replaces the partitions that the new rows lie in. Rows without a partition value are added and never replaced.

    bigquery  declare dbt_partitions_for_replacement array<date>;
              create or replace table `dev`.`main`.`t__dbt_tmp_0193a1b2c3d4` … as (…);
              set dbt_partitions_for_replacement = (
                  select array_agg(distinct date(day) ignore nulls)
                  from `dev`.`main`.`t__dbt_tmp_0193a1b2c3d4`
              );
              merge into … and date(DBT_INTERNAL_DEST.day) in unnest(dbt_partitions_for_replacement) …;
              drop table if exists `dev`.`main`.`t__dbt_tmp_0193a1b2c3d4`
#}
{% macro bq_dynamic_insert_overwrite_sql(
    tmp_relation, target_relation, sql, unique_key, partition_by, dest_columns, tmp_relation_exists, copy_partitions
) -%}
    {%- if copy_partitions -%}
{{ bq_dynamic_copy_partitions_insert_overwrite_sql(
        tmp_relation, target_relation, sql, unique_key, partition_by, dest_columns, tmp_relation_exists, copy_partitions
    ) }}
    {%- else -%}
    {%- set is_by_ingestion = partition_by.time_ingestion_partitioning -%}
    {%- set value = partition_by.time_partitioning_field() if is_by_ingestion else partition_by.render_wrapped() -%}
    {%- set predicate = partition_by.render_wrapped(alias='DBT_INTERNAL_DEST') ~ ' in unnest(dbt_partitions_for_replacement)' -%}
    {%- set source = bq_source_query(tmp_relation, sql, partition_by, true) -%}
declare dbt_partitions_for_replacement array<{{ partition_by.data_type_for_partition() }}>;
{% if not tmp_relation_exists -%}
{{ bq_create_table_as(partition_by, true, tmp_relation, sql, 'sql') }}
{% endif -%}
set dbt_partitions_for_replacement = (
    select array_agg(distinct {{ value }} ignore nulls)
    from {{ tmp_relation }}
);
{{ get_insert_overwrite_merge_sql(target_relation, source, dest_columns, [predicate]) }};
drop table if exists {{ tmp_relation }}
    {%- endif -%}
{%- endmacro %}
