{#
    wrap_with_time_ingestion_partitioning_sql(partition_by, sql, is_nested): a query with its partition column as
    `_PARTITIONTIME`, as tables partitioned by ingestion time take it.

    bigquery  select TIMESTAMP(seen_at) as _PARTITIONTIME, * EXCEPT(seen_at) from (
                …
              );
#}
{% macro wrap_with_time_ingestion_partitioning_sql(partition_by, sql, is_nested) %}
    {%- set field = partition_by.field %}
select TIMESTAMP({{ field }}) as {{ partition_by.insertable_time_partitioning_field() }}, * EXCEPT({{ field }}) from (
{{ sql }}
){{ ';' if not is_nested }}
{% endmacro %}
