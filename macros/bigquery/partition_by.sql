{#
    partition_by(partition_config): the clause for a parsed `partition_by` config; nothing for none.

    bigquery  partition by date_trunc(crime_date, month)
              partition by range_bucket(
                  id,
                  generate_array(0, 100, 10)
              )
#}
{% macro partition_by(partition_config) -%}
    {%- if partition_config is none -%}
    {%- elif partition_config.time_ingestion_partitioning -%}
    partition by {{ partition_config.render_wrapped() }}
    {%- elif partition_config.data_type | lower in ['date', 'timestamp', 'datetime'] -%}
    partition by {{ partition_config.render() }}
    {%- elif partition_config.data_type | lower == 'int64' -%}
        {%- set range = partition_config.range -%}
    partition by range_bucket(
        {{ partition_config.field }},
        generate_array({{ range.start }}, {{ range.end }}, {{ range.interval }})
    )
    {%- endif -%}
{%- endmacro %}
