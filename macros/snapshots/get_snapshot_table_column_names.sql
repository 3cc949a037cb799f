{#
    get_snapshot_table_column_names(): the names of the columns that a snapshot adds, by what they mean.
    A value for macros, not SQL.
#}
{% macro get_snapshot_table_column_names() %}
    {%- set names = {} -%}
    {%- for name in ['dbt_valid_to', 'dbt_valid_from', 'dbt_scd_id', 'dbt_updated_at', 'dbt_is_deleted'] -%}
        {%- do names.update({name: name}) -%}
    {%- endfor -%}
    {{ return(names) }}
{% endmacro %}
