{#
    get_updated_at_column_data_type(snapshot_sql): the type of `dbt_updated_at` in a snapshot's query, asked of the
    warehouse; none where it has no such column. A value for macros, not SQL: TIMESTAMP.
#}
{% macro get_updated_at_column_data_type(snapshot_sql) %}
    {%- for column in get_column_schema_from_query(snapshot_sql) if column.column | lower == 'dbt_updated_at' -%}
        {{ return(column.dtype) }}
    {%- endfor -%}
    {{ return(none) }}
{% endmacro %}
