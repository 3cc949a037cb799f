{#
    process_schema_changes(on_schema_change, source_relation, target_relation): brings the target's columns in line with
    the new rows, as far as the config allows, or refuses. Gives the columns to insert; an empty value means that the
    target's own are to be used.

    duckdb    alter table "dev"."main"."t" add column "area" VARCHAR
    bigquery  the table's schema is patched; dropped columns by alter table `dev`.`main`.`t` drop column `area`
#}
{% macro process_schema_changes(on_schema_change, source_relation, target_relation) %}
    {{ return(adapter.dispatch('process_schema_changes', 'dbt')(on_schema_change, source_relation, target_relation)) }}
{% endmacro %}

{% macro default__process_schema_changes(on_schema_change, source_relation, target_relation) %}
    {%- if on_schema_change == 'ignore' -%}
        {{ return({}) }}
    {%- endif -%}
    {%- set changes = check_for_schema_changes(source_relation, target_relation) -%}
    {%- if changes['schema_changed'] and on_schema_change == 'fail' -%}
        {{ exceptions.raise_compiler_error(schema_change_message(changes)) }}
    {%- elif changes['schema_changed'] -%}
        {%- do sync_column_schemas(on_schema_change, target_relation, changes) -%}
    {%- endif -%}
    {{ return(changes['source_columns']) }}
{% endmacro %}

{% macro bigquery__process_schema_changes(on_schema_change, source_relation, target_relation) %}
    {{ return(default__process_schema_changes(on_schema_change, source_relation, target_relation)) }}
{% endmacro %}
