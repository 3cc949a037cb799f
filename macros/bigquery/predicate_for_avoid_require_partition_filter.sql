{#
    predicate_for_avoid_require_partition_filter(target='DBT_INTERNAL_DEST'): a condition on the partition column that
    keeps every row, for merges into tables with `require_partition_filter`; none where it is not needed.

    bigquery  (`DBT_INTERNAL_DEST`.`day` is null or `DBT_INTERNAL_DEST`.`day` is not null)
#}
{% macro predicate_for_avoid_require_partition_filter(target='DBT_INTERNAL_DEST') %}
    {%- set partitioning = adapter.parse_partition_by(config.get('partition_by', none)) -%}
    {%- if not partitioning or not config.get('require_partition_filter') -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set field = partitioning.time_partitioning_field() if partitioning.time_ingestion_partitioning else partitioning.field -%}
    {%- set column = '`' ~ target ~ '`.`' ~ field ~ '`' -%}
    {{ return('(' ~ column ~ ' is null or ' ~ column ~ ' is not null)') }}
{% endmacro %}
