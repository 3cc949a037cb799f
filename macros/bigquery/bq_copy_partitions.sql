{#
    bq_copy_partitions(tmp_relation, target_relation, partitions, partition_by): copies partitions of one table over
    those of another, one copy job each. Partitions are ids, or dates. Rows without a partition value have no id to copy
    them by, so they are refused before anything is copied.
#}
{% macro bq_copy_partitions(tmp_relation, target_relation, partitions, partition_by) %}
    {%- set formats = {'hour': '%Y%m%d%H', 'day': '%Y%m%d', 'month': '%Y%m', 'year': '%Y'} -%}
    {%- for partition in partitions if partition is none -%}
        {{ exceptions.raise_compiler_error(
            "rows of '" ~ target_relation.identifier ~ "' have no value in '" ~ partition_by.field ~ "', and `copy_partitions` cannot copy them"
        ) }}
    {%- endfor -%}
    {%- for partition in partitions -%}
        {%- if partition is string or partition is number -%}
            {%- set id = partition | string -%}
        {%- else -%}
            {%- set id = partition.strftime(formats[partition_by.granularity]) -%}
        {%- endif -%}
        {%- set from = tmp_relation.incorporate(path={'identifier': tmp_relation.identifier ~ '$' ~ id}) -%}
        {%- set into = target_relation.incorporate(path={'identifier': target_relation.identifier ~ '$' ~ id}) -%}
        {%- do adapter.copy_table(from, into, 'table') -%}
    {%- endfor -%}
{% endmacro %}
