{#
    bigquery__upsert(existing_relation, target_relation, compiled_code, strategy, partitioning): puts an incremental
    model's new rows into its table. They are first put into a table of their own, which expires after 12 hours, where
    `on_schema_change` asks to compare columns.

    bigquery  merge into `dev`.`main`.`fact_crimes` as DBT_INTERNAL_DEST using (…) as DBT_INTERNAL_SOURCE on …
#}
{% macro bigquery__upsert(existing_relation, target_relation, compiled_code, strategy, partitioning) %}
    {%- set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') -%}
    {%- set is_by_ingestion = partitioning is not none and partitioning.time_ingestion_partitioning -%}
    {%- set scratch = make_temp_relation(target_relation) -%}
    {%- set has_scratch = on_schema_change != 'ignore' -%}
    {%- set columns = {} -%}
    {%- if has_scratch -%}
        {%- call statement('create_tmp_relation') -%}
            {{ bq_create_table_as(partitioning, true, scratch, compiled_code) }}
        {%- endcall -%}
        {%- set columns = process_schema_changes(on_schema_change, scratch, existing_relation) -%}
    {%- endif -%}
    {%- set columns = columns or adapter.get_columns_in_relation(existing_relation) -%}
    {%- if is_by_ingestion -%}
        {%- set columns = adapter.add_time_ingestion_partition_column(partitioning, columns) -%}
    {%- endif -%}

    {%- set build_sql = bq_generate_incremental_build_sql(
        strategy,
        scratch,
        target_relation,
        compiled_code,
        config.get('unique_key'),
        partitioning,
        config.get('partitions', none),
        columns,
        has_scratch,
        partitioning is not none and partitioning.copy_partitions,
        config.get('predicates', none) or config.get('incremental_predicates', none)
    ) -%}
    {%- call statement('main') -%}
        {{ build_sql }}
    {%- endcall -%}
    {%- if has_scratch -%}
        {{ drop_relation(scratch) }}
    {%- endif -%}
{% endmacro %}
