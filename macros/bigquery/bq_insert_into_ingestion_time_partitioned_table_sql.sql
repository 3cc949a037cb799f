{#
    bq_insert_into_ingestion_time_partitioned_table_sql(target_relation, sql): fills a table partitioned by ingestion
    time with a query's rows.

    bigquery  insert into `dev`.`main`.`t` (_PARTITIONTIME, `id`)
              select TIMESTAMP(seen_at) as _PARTITIONTIME, * EXCEPT(seen_at) from (…);
#}
{% macro bq_insert_into_ingestion_time_partitioned_table_sql(target_relation, sql) -%}
    {%- set partitioning = adapter.parse_partition_by(config.get('partition_by', none)) -%}
    {%- set columns = get_quoted_csv(adapter.get_columns_in_relation(target_relation) | map(attribute='name')) -%}
    {%- set header = config.get('sql_header', none) -%}
{{ header ~ '\n' if header is not none -}}
insert into {{ target_relation }} ({{ partitioning.insertable_time_partitioning_field() }}, {{ columns }})
{{ wrap_with_time_ingestion_partitioning_sql(partitioning, sql, false) | trim }}
{%- endmacro %}
