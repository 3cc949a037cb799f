{#
    source_sql_with_partition(partition_by, source_sql): a query as it is inserted into a table partitioned by
    ingestion time: with its partition column as `_PARTITIONTIME`; any other query as it is.

    bigquery  select TIMESTAMP(seen_at) as _PARTITIONTIME, * EXCEPT(seen_at) from (…);
#}
{% macro source_sql_with_partition(partition_by, source_sql) %}
    {%- if partition_by.time_ingestion_partitioning -%}
        {{ return(wrap_with_time_ingestion_partitioning_sql(partition_by, source_sql, false)) }}
    {%- endif -%}
    {{ return(source_sql) }}
{% endmacro %}
