{#
    bq_generate_incremental_build_sql(strategy, …): the statement or script of an incremental model's strategy.

    bigquery  merge into … (merge), or a script of declare, set and merge (insert_overwrite, microbatch)
#}
{% macro bq_generate_incremental_build_sql(
    strategy, tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns,
    tmp_relation_exists, copy_partitions, incremental_predicates
) %}
    {%- if strategy == 'insert_overwrite' -%}
        {{ return(bq_generate_incremental_insert_overwrite_build_sql(
            tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns, tmp_relation_exists,
            copy_partitions
        )) }}
    {%- elif strategy == 'microbatch' -%}
        {{ return(bq_generate_microbatch_build_sql(
            tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns, tmp_relation_exists,
            copy_partitions
        )) }}
    {%- endif -%}
    {{ return(bq_generate_incremental_merge_build_sql(
        tmp_relation, target_relation, sql, unique_key, partition_by, dest_columns, tmp_relation_exists,
        incremental_predicates
    )) }}
{% endmacro %}
