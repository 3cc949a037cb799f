{#
    get_partitions_metadata(table): the partitions of a table with their ids and rows; none while parsing.
    A table of rows, not SQL.
#}
{% macro get_partitions_metadata(table) -%}
    {{ return(adapter.get_partitions_metadata(table) if execute else none) }}
{%- endmacro %}
