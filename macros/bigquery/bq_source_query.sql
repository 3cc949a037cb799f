{#
    bq_source_query(tmp_relation, sql, partition_by, tmp_relation_exists): the new rows of an incremental model as a
    subquery, with `_PARTITIONTIME` where the table is partitioned by ingestion time.

    bigquery  (
                  select * from `dev`.`main`.`t__dbt_tmp_0193a1b2c3d4`
              )
#}
{% macro bq_source_query(tmp_relation, sql, partition_by, tmp_relation_exists) -%}
    {%- set is_by_ingestion = partition_by is not none and partition_by.time_ingestion_partitioning -%}
(
    {%- if tmp_relation_exists %}
    select {{ partition_by.insertable_time_partitioning_field() ~ ', ' if is_by_ingestion }}* from {{ tmp_relation }}
    {%- elif is_by_ingestion %}
{{ wrap_with_time_ingestion_partitioning_sql(partition_by, sql, true) | trim }}
    {%- else %}
{{ sql }}
    {%- endif %}
)
{%- endmacro %}
