{#
    columns_without_partition_fields_csv(partition_config, columns): names and types of columns, less the one that tells
    the partition.

    bigquery  `id` INT64, `area` STRING
#}
{% macro columns_without_partition_fields_csv(partition_config, columns) -%}
    {{ return(get_quoted_with_types_csv(partition_config.reject_partition_field_column(columns))) }}
{%- endmacro %}
