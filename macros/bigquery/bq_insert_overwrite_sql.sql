{#
    bq_insert_overwrite_sql(tmp_relation, target_relation, sql, unique_key, partition_by, partitions, …): replaces the
    partitions that the model lists in `partitions`, or, where it lists none, those that its new rows lie in.

    bigquery  merge into … on FALSE when not matched by source and date(day) in (…) then delete when not matched …
#}
{% macro bq_insert_overwrite_sql(
    tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns, tmp_relation_exists,
    copy_partitions
) %}
    {%- if partitions -%}
        {{ return(bq_static_insert_overwrite_sql(
            tmp_relation, target_relation, sql, partition_by, partitions, dest_columns, tmp_relation_exists, copy_partitions
        )) }}
    {%- endif -%}
    {{ return(bq_dynamic_insert_overwrite_sql(
        tmp_relation, target_relation, sql, unique_key, partition_by, dest_columns, tmp_relation_exists, copy_partitions
    )) }}
{% endmacro %}
