{#
    foreign_key_dependents_sql(relation): the query for the tables whose foreign keys point to a table, directly or
    through others: each with each table it points to, those that must be dropped first at the top.

    duckdb    with recursive fks as (…), dependents as (…) select table_name, referenced_table from …
#}
{% macro foreign_key_dependents_sql(relation) %}
with recursive fks as (
    select table_name, referenced_table
    from duckdb_constraints()
    where constraint_type = 'FOREIGN KEY'
        and lower(database_name) = lower('{{ adapter.escape_sql_string(relation.database) }}')
        and lower(schema_name) = lower('{{ adapter.escape_sql_string(relation.schema) }}')
        and lower(table_name) <> lower(referenced_table)
),

dependents(table_name, depth) as (
    select table_name, 1
    from fks
    where lower(referenced_table) = lower('{{ adapter.escape_sql_string(relation.identifier) }}')
    union
    select fks.table_name, dependents.depth + 1
    from fks
    join dependents on lower(fks.referenced_table) = lower(dependents.table_name)
),

deepest as (
    select table_name, max(depth) as depth
    from dependents
    group by table_name
)

select deepest.table_name, fks.referenced_table
from deepest
join fks on fks.table_name = deepest.table_name
order by deepest.depth desc, deepest.table_name, fks.referenced_table
{% endmacro %}
