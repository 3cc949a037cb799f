{#
    bq_validate_microbatch_config(config): refuses a microbatch model whose partitions are not its batches.
#}
{% macro bq_validate_microbatch_config(config) %}
    {%- set partition_by = config.get('partition_by') -%}
    {%- if partition_by is none -%}
        {{ exceptions.raise_compiler_error("The 'microbatch' strategy requires a `partition_by` config.") }}
    {%- elif partition_by.granularity != config.get('batch_size') -%}
        {{ exceptions.raise_compiler_error(
            "The 'microbatch' strategy requires a `partition_by` config with the same granularity as its configured `batch_size`.\nGot:"
            ~ '\n  `batch_size`: ' ~ config.get('batch_size')
            ~ '\n  `partition_by.granularity`: ' ~ partition_by.granularity
        ) }}
    {%- endif -%}
{% endmacro %}
