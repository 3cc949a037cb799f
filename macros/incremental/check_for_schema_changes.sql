{#
    check_for_schema_changes(source_relation, target_relation): how the columns of two relations differ. A value for
    macros, not SQL: schema_changed, source_not_in_target, target_not_in_source, source_columns, target_columns,
    new_target_types; on BigQuery also source_relation.
#}
{% macro check_for_schema_changes(source_relation, target_relation) %}
    {{ return(adapter.dispatch('check_for_schema_changes', 'dbt')(source_relation, target_relation)) }}
{% endmacro %}

{% macro default__check_for_schema_changes(source_relation, target_relation) %}
    {%- set source_columns = adapter.get_columns_in_relation(source_relation) -%}
    {%- set target_columns = adapter.get_columns_in_relation(target_relation) -%}
    {%- set added = diff_columns(source_columns, target_columns) -%}
    {%- set removed = diff_columns(target_columns, source_columns) -%}
    {%- set retyped = diff_column_data_types(source_columns, target_columns) -%}
    {{ return({
        'schema_changed': added != [] or removed != [] or retyped != [],
        'source_not_in_target': added,
        'target_not_in_source': removed,
        'source_columns': source_columns,
        'target_columns': target_columns,
        'new_target_types': retyped,
    }) }}
{% endmacro %}

{% macro bigquery__check_for_schema_changes(source_relation, target_relation) %}
    {%- set changes = default__check_for_schema_changes(source_relation, target_relation) -%}
    {%- do changes.update({'source_relation': source_relation}) -%}
    {{ return(changes) }}
{% endmacro %}
