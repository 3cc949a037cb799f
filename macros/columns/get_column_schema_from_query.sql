{#
    get_column_schema_from_query(select_sql, select_sql_header=none): the columns of a query, with their types, found
    without reading rows. A list of columns, not SQL.
#}
{% macro get_column_schema_from_query(select_sql, select_sql_header=none) -%}
    {{ return(adapter.get_column_schema_from_query(get_empty_subquery_sql(select_sql, select_sql_header))) }}
{%- endmacro %}
