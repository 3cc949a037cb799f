{#
    bq_create_table_as(partition_by, temporary, relation, compiled_code, language='sql'): the script that makes a table
    of a query's rows, with `_dbt_max_partition` declared where the query uses it. A table partitioned by ingestion time
    is made here and now, empty; the statement returned fills it.

    bigquery  declare _dbt_max_partition date default (…);
              create or replace table `dev`.`main`.`t` partition by day OPTIONS() as (…);
#}
{% macro bq_create_table_as(partition_by, temporary, relation, compiled_code, language='sql') %}
    {%- set declaration = declare_dbt_max_partition(this, partition_by, compiled_code, language) -%}
    {%- if partition_by is not none and partition_by.time_ingestion_partitioning -%}
        {%- do run_query(create_table_as(temporary, relation, compiled_code)) -%}
        {{ return(declaration ~ bq_insert_into_ingestion_time_partitioned_table_sql(relation, compiled_code)) }}
    {%- endif -%}
    {{ return(declaration ~ create_table_as(temporary, relation, compiled_code, language)) }}
{% endmacro %}
