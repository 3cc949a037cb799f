{#
    drop_indexes_on_relation(relation): drops all indexes of a DuckDB table. A table that is dropped takes its own with
    it; this is for tables that are renamed.

    duckdb    drop index "dev"."main"."3f2a…"
#}
{% macro drop_indexes_on_relation(relation) -%}
    {%- set found = run_query(
        "select index_name from duckdb_indexes() where database_name = '" ~ adapter.escape_sql_string(relation.database)
        ~ "' and schema_name = '" ~ adapter.escape_sql_string(relation.schema)
        ~ "' and table_name = '" ~ adapter.escape_sql_string(relation.identifier) ~ "'"
    ) -%}
    {%- for row in found -%}
        {%- call statement('drop_index_' ~ loop.index, auto_begin=false) -%}
            drop index {{ relation.incorporate(path={'identifier': row[0]}) }}
        {%- endcall -%}
    {%- endfor -%}
{%- endmacro %}
