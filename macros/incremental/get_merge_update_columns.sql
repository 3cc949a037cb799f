{#
    get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns): the columns a merge updates: the
    listed ones, or all but the listed ones, or all. A value for macros, not SQL.
#}
{% macro get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) %}
    {{ return(adapter.dispatch('get_merge_update_columns', 'dbt')(merge_update_columns, merge_exclude_columns, dest_columns)) }}
{% endmacro %}

{% macro default__get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) %}
    {%- if merge_update_columns and merge_exclude_columns -%}
        {{ exceptions.raise_compiler_error(
            'Model cannot specify merge_update_columns and merge_exclude_columns. Please update model to use only one config'
        ) }}
    {%- elif merge_update_columns -%}
        {{ return(merge_update_columns) }}
    {%- endif -%}
    {%- set excluded = merge_exclude_columns | map('lower') | list if merge_exclude_columns else [] -%}
    {%- set kept = [] -%}
    {%- for column in dest_columns if column.column | lower not in excluded -%}
        {%- do kept.append(column.quoted) -%}
    {%- endfor -%}
    {{ return(kept) }}
{% endmacro %}
