{#
    bq_static_select_insert_overwrite_sql(tmp_relation, sql, partition_by, tmp_relation_exists): the new rows of a model
    that lists its partitions, as a subquery.

    bigquery  (
                  select * from `dev`.`main`.`t__dbt_tmp_0193a1b2c3d4`
              )
#}
{% macro bq_static_select_insert_overwrite_sql(tmp_relation, sql, partition_by, tmp_relation_exists) %}
    {{ return(bq_source_query(tmp_relation, sql, partition_by, tmp_relation_exists)) }}
{% endmacro %}
