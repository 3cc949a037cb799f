{#
    store_relation(plugin, relation, location, format, config): hands a file's columns to a catalog outside of DuckDB.
#}
{% macro store_relation(plugin, relation, location, format, config) -%}
    {%- set columns = adapter.get_columns_in_relation(relation) -%}
    {%- do adapter.store_relation(plugin, relation, columns, location, format, config) -%}
{%- endmacro %}
