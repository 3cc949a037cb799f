{#
    bq_generate_incremental_insert_overwrite_build_sql(tmp_relation, target_relation, sql, …): strategy insert_overwrite;
    refuses a model that has no `partition_by`.

    bigquery  declare dbt_partitions_for_replacement array<date>; … merge into …
#}
{% macro bq_generate_incremental_insert_overwrite_build_sql(
    tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns, tmp_relation_exists,
    copy_partitions
) %}
    {%- if partition_by is none -%}
        {{ exceptions.raise_compiler_error("The 'insert_overwrite' strategy requires the `partition_by` config.") }}
    {%- endif -%}
    {{ return(bq_insert_overwrite_sql(
        tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns, tmp_relation_exists,
        copy_partitions
    )) }}
{% endmacro %}
