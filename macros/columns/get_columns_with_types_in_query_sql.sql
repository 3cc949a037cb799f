{#
    get_columns_with_types_in_query_sql(select_sql): the columns of a query, with their types, found without reading
    rows; BigQuery's spelling of `get_column_schema_from_query`. A list of columns, not SQL.
#}
{% macro get_columns_with_types_in_query_sql(select_sql) %}
    {{ return(get_column_schema_from_query(select_sql, config.get('sql_header', none))) }}
{% endmacro %}
