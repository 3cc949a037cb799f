{#
    bigquery__build_table(existing_relation, target_relation, compiled_code, language): runs the statement, or the
    script, that makes a table or replaces what is there by it; none of it deletes before the new table stands.

    A table partitioned by ingestion time cannot be made from a query: it is made empty beside what is there, to expire
    after 12 hours, then filled, given its own options, and swapped in.

    bigquery  create or replace table `dev`.`main`.`fact_crimes` partition by … OPTIONS(…) as (…);
#}
{% macro bigquery__build_table(existing_relation, target_relation, compiled_code, language='sql') %}
    {%- set partitioning = adapter.parse_partition_by(config.get('partition_by', none)) -%}
    {%- if partitioning is not none and partitioning.time_ingestion_partitioning -%}
        {%- set beside = make_temp_relation(target_relation) -%}
        {%- call statement('main', language=language) -%}
            {{ bq_create_table_as(partitioning, true, beside, compiled_code, language) }}
        {%- endcall -%}
        {%- set options = {'expiration_timestamp': 'NULL'} -%}
        {%- do options.update(adapter.get_table_options(config, model, false)) -%}
        {%- set swap_sql = bigquery__swap_sql(existing_relation, target_relation, beside) -%}
        {%- call statement('swap') -%}
            {{ 'alter table ' ~ beside ~ ' set ' ~ bigquery_options(options) ~ ';\n' ~ swap_sql }}
        {%- endcall -%}
    {%- elif existing_relation is none -%}
        {%- call statement('main', language=language) -%}
            {{ bq_create_table_as(partitioning, false, target_relation, compiled_code, language) }}
        {%- endcall -%}
    {%- else -%}
        {%- set declaration = declare_dbt_max_partition(this, partitioning, compiled_code, language) -%}
        {%- call statement('main', language=language) -%}
            {{ declaration }}{{ get_replace_sql(existing_relation, target_relation, compiled_code) }}
        {%- endcall -%}
    {%- endif -%}
{% endmacro %}
