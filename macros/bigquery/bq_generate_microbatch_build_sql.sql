{#
    bq_generate_microbatch_build_sql(tmp_relation, target_relation, sql, …): strategy microbatch: the batch's rows
    replace the partitions they lie in.

    bigquery  declare dbt_partitions_for_replacement array<timestamp>; … merge into …
#}
{% macro bq_generate_microbatch_build_sql(
    tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns, tmp_relation_exists,
    copy_partitions
) %}
    {{ return(bq_insert_overwrite_sql(
        tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns, tmp_relation_exists,
        copy_partitions
    )) }}
{% endmacro %}
