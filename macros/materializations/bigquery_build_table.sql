{#
    bigquery__build_table(existing_relation, target_relation, compiled_code, language): runs the statement, or the
    script, that makes a table or replaces what is there by it; none of it deletes before the new table stands.

    A table partitioned by ingestion time is made empty and then filled, since it cannot be made from a query; beside,
    when rows are already there.

    bigquery  create or replace table `dev`.`main`.`fact_crimes` partition by … OPTIONS(…) as (…);
#}
{% macro bigquery__build_table(existing_relation, target_relation, compiled_code, language='sql') %}
    {%- set partitioning = adapter.parse_partition_by(config.get('partition_by', none)) -%}
    {%- set is_by_ingestion = partitioning is not none and partitioning.time_ingestion_partitioning -%}
    {%- if existing_relation is none -%}
        {%- call statement('main', language=language) -%}
            {{ bq_create_table_as(partitioning, false, target_relation, compiled_code, language) }}
        {%- endcall -%}
    {%- elif is_by_ingestion -%}
        {%- set beside = make_temp_relation(target_relation) -%}
        {%- call statement('main', language=language) -%}
            {{ bq_create_table_as(partitioning, false, beside, compiled_code, language) }}
        {%- endcall -%}
        {%- call statement('swap') -%}
            {{ bigquery__swap_sql(existing_relation, target_relation, beside) }}
        {%- endcall -%}
    {%- else -%}
        {%- set declaration = declare_dbt_max_partition(this, partitioning, compiled_code, language) -%}
        {%- call statement('main', language=language) -%}
            {{ declaration }}{{ get_replace_sql(existing_relation, target_relation, compiled_code) }}
        {%- endcall -%}
    {%- endif -%}
{% endmacro %}
