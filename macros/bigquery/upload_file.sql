{#
    bigquery__upload_file(local_file_path, database, table_schema, table_name): loads a local file into a table, for
    `run-operation`; further settings of the load by name.
#}
{% macro bigquery__upload_file(local_file_path, database, table_schema, table_name) %}
    {%- do adapter.upload_file(local_file_path, database, table_schema, table_name, kwargs=kwargs) -%}
{% endmacro %}
