{#
    sync_column_schemas(on_schema_change, target_relation, schema_changes_dict): adds the columns that the target lacks;
    with sync_all_columns also drops those it should not have, and changes types.

    duckdb    alter table "dev"."main"."t" add column "area" VARCHAR
    bigquery  as on DuckDB, with STRUCT columns reconciled field by field first
#}
{% macro sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}
    {{ return(adapter.dispatch('sync_column_schemas', 'dbt')(on_schema_change, target_relation, schema_changes_dict)) }}
{% endmacro %}

{% macro default__sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}
    {%- set syncs_all = on_schema_change == 'sync_all_columns' -%}
    {%- set added = schema_changes_dict['source_not_in_target'] -%}
    {%- set removed = schema_changes_dict['target_not_in_source'] if syncs_all else [] -%}
    {%- if added or removed -%}
        {%- do alter_relation_add_remove_columns(target_relation, added, removed or none) -%}
    {%- endif -%}
    {%- for change in schema_changes_dict['new_target_types'] if syncs_all -%}
        {%- do alter_column_type(target_relation, change['column_name'], change['new_type']) -%}
    {%- endfor -%}
{% endmacro %}

{# Fields of structs are reconciled by the adapter; where none changed there is nothing to ask it. #}
{% macro bigquery__sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}
    {%- set source_relation = schema_changes_dict.get('source_relation') -%}
    {%- set structs = [] -%}
    {%- for change in schema_changes_dict['new_target_types'] if 'struct' in change['new_type'] | lower -%}
        {%- do structs.append(change['column_name']) -%}
    {%- endfor -%}
    {%- set synced = none -%}
    {%- if structs and source_relation is not none -%}
        {%- set synced = adapter.sync_struct_columns(on_schema_change, source_relation, target_relation, schema_changes_dict) -%}
    {%- endif -%}
    {{ default__sync_column_schemas(on_schema_change, target_relation, synced or schema_changes_dict) }}
{% endmacro %}
