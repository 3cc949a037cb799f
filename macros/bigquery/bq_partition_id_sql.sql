{#
    bq_partition_id_sql(partition_by, value): the id of the partition that a value lies in, as `table$id` takes it.

    bigquery  format_timestamp('%Y%m%d', cast(date(day) as timestamp))    cast(bucket as string)
#}
{% macro bq_partition_id_sql(partition_by, value) -%}
    {%- set formats = {'hour': '%Y%m%d%H', 'day': '%Y%m%d', 'month': '%Y%m', 'year': '%Y'} -%}
    {%- if partition_by.data_type == 'int64' -%}
cast({{ value }} as string)
    {%- else -%}
format_timestamp('{{ formats[partition_by.granularity] }}', cast({{ value }} as timestamp))
    {%- endif -%}
{%- endmacro %}
