{#
    duckdb__get_catalog_sql(information_schema, where_clause): the catalog's query over the database's tables, views and
    columns.

    duckdb    with tables as (…), columns as (…) select tables.table_database, … from tables join columns using (…)
#}
{% macro duckdb__get_catalog_sql(information_schema, where_clause) %}
with tables as (
    {{ duckdb__get_catalog_tables_sql(information_schema) }}
    {{ where_clause }}
),

columns as (
    {{ duckdb__get_catalog_columns_sql(information_schema) }}
    {{ where_clause }}
)

{{ duckdb__get_catalog_results_sql() }}
{% endmacro %}

{% macro duckdb__get_catalog_tables_sql(information_schema) -%}
select *
    from (
        select
            database_name as table_database,
            schema_name as table_schema,
            table_name,
            'BASE TABLE' as table_type,
            comment as table_comment
        from duckdb_tables()
        union all
        select database_name, schema_name, view_name, 'VIEW', comment
        from duckdb_views()
    ) as catalog_tables
    where upper(table_database) = upper('{{ information_schema.database }}')
{%- endmacro %}

{% macro duckdb__get_catalog_columns_sql(information_schema) -%}
select *
    from (
        select
            database_name as table_database,
            schema_name as table_schema,
            table_name,
            column_name,
            column_index,
            data_type as column_type,
            comment as column_comment
        from duckdb_columns()
    ) as catalog_columns
    where upper(table_database) = upper('{{ information_schema.database }}')
{%- endmacro %}

{% macro duckdb__get_catalog_results_sql() -%}
select
    tables.table_database,
    tables.table_schema,
    tables.table_name,
    tables.table_type,
    tables.table_comment,
    columns.column_name,
    columns.column_index,
    columns.column_type,
    columns.column_comment,
    null as table_owner
from tables
join columns using (table_database, table_schema, table_name)
order by table_schema, table_name, column_index
{%- endmacro %}

{% macro duckdb__get_catalog_schemas_where_clause_sql(schemas) -%}
    {%- set wanted = [] -%}
    {%- for schema in schemas -%}
        {%- do wanted.append("upper(table_schema) = upper('" ~ schema ~ "')") -%}
    {%- endfor -%}
and ({{ wanted | join(' or ') or 'false' }})
{%- endmacro %}

{% macro duckdb__get_catalog_relations_where_clause_sql(relations) -%}
    {%- set wanted = [] -%}
    {%- for relation in relations -%}
        {%- if not relation.schema -%}
            {{ exceptions.raise_compiler_error('`get_catalog_relations` requires a list of relations, each with a schema') }}
        {%- endif -%}
        {%- set name = " and upper(table_name) = upper('" ~ relation.identifier ~ "')" if relation.identifier else '' -%}
        {%- do wanted.append("(upper(table_schema) = upper('" ~ relation.schema ~ "')" ~ name ~ ')') -%}
    {%- endfor -%}
and ({{ wanted | join(' or ') or 'false' }})
{%- endmacro %}
