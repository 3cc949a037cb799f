{#
    bigquery_table_options(config, node, temporary): the options of a node's table: expiration, description, labels,
    tags, key, partition filter and expiration.

    bigquery  OPTIONS(
                require_partition_filter=True
              )
#}
{% macro bigquery_table_options(config, node, temporary=false) %}
    {{ return(bigquery_options(adapter.get_table_options(config, node, temporary))) }}
{% endmacro %}
