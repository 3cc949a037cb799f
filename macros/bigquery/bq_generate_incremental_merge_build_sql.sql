{#
    bq_generate_incremental_merge_build_sql(tmp_relation, target_relation, sql, unique_key, …): strategy merge. The new
    rows are the model's query itself, or the table they were put into.

    bigquery  merge into `dev`.`main`.`t` as DBT_INTERNAL_DEST
                  using (
                      select …
                  ) as DBT_INTERNAL_SOURCE
                  on ((DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id))
              when matched then update set … when not matched then insert …
#}
{% macro bq_generate_incremental_merge_build_sql(
    tmp_relation, target_relation, sql, unique_key, partition_by, dest_columns, tmp_relation_exists,
    incremental_predicates
) %}
    {%- set source = bq_source_query(tmp_relation, sql, partition_by, tmp_relation_exists) -%}
    {%- set predicates = [] -%}
    {%- for predicate in incremental_predicates or [] -%}
        {%- do predicates.append(predicate) -%}
    {%- endfor -%}
    {%- set guard = predicate_for_avoid_require_partition_filter() -%}
    {%- if guard is not none -%}
        {%- do predicates.append(guard) -%}
    {%- endif -%}
    {{ return(get_merge_sql(target_relation, source, unique_key, dest_columns, predicates)) }}
{% endmacro %}
