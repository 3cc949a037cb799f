{#
    bq_static_insert_overwrite_sql(tmp_relation, target_relation, sql, partition_by, partitions, …): replaces the listed
    partitions. A listed partition with no new rows becomes empty.

    bigquery  merge into `dev`.`main`.`t` as DBT_INTERNAL_DEST
                  using (…) as DBT_INTERNAL_SOURCE
                  on FALSE
              when not matched by source
                  and date(DBT_INTERNAL_DEST.day) in (date '2024-01-01', date '2024-01-02')
                  then delete
              when not matched then insert …
#}
{% macro bq_static_insert_overwrite_sql(
    tmp_relation, target_relation, sql, partition_by, partitions, dest_columns, tmp_relation_exists, copy_partitions
) -%}
    {%- if copy_partitions -%}
{{ bq_static_copy_partitions_insert_overwrite_sql(
        tmp_relation, target_relation, sql, partition_by, partitions, tmp_relation_exists
    ) }}
    {%- else -%}
    {%- set predicate = partition_by.render_wrapped(alias='DBT_INTERNAL_DEST') ~ ' in (' ~ partitions | join(', ') ~ ')' -%}
    {%- set source = bq_static_select_insert_overwrite_sql(tmp_relation, sql, partition_by, tmp_relation_exists) -%}
{{ get_insert_overwrite_merge_sql(
        target_relation, source, dest_columns, [predicate], include_sql_header=not tmp_relation_exists
    ) }};
    {%- if tmp_relation_exists %}
drop table if exists {{ tmp_relation }};
    {%- endif -%}
    {%- endif -%}
{%- endmacro %}
