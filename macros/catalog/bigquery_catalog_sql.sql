{#
    _bigquery__get_catalog_sql(information_schema, table_shards): the catalog's query, over the tables that the given
    subqueries name. Tables that differ only by eight digits at their end are one, with its shards counted.

    bigquery  with table_shards as (…), tables as (…), table_stats as (…), columns as (…), column_stats as (…) select …
#}
{% macro _bigquery__get_catalog_sql(information_schema, table_shards) %}
with {{ table_shards }},
    tables as ({{ _bigquery__get_tables_sql() }}),
    table_stats as ({{ _bigquery__get_table_stats_sql() }}),
    columns as ({{ _bigquery__get_columns_sql(information_schema) }}),
    column_stats as ({{ _bigquery__get_column_stats_sql() }})
{{ _bigquery__get_extended_catalog_sql() }}
{% endmacro %}

{% macro _bigquery__get_table_shards_sql(information_schema) %}
select
    tables.project_id as table_catalog,
    tables.dataset_id as table_schema,
    coalesce(regexp_extract(tables.table_id, '^(.+)[0-9]{8}$'), tables.table_id) as table_name,
    tables.table_id as shard_name,
    regexp_extract(tables.table_id, '^.+([0-9]{8})$') as shard_index,
    regexp_contains(tables.table_id, '^.+[0-9]{8}$') and tables.type = 1 as is_date_shard,
    case
        when views.table_name is not null then 'materialized view'
        when tables.type = 1 then 'table'
        when tables.type = 2 then 'view'
        else 'external'
    end as table_type,
    tables.type = 1 as is_table,
    json_value(options.option_value) as table_comment,
    tables.size_bytes,
    tables.row_count
from {{ information_schema.replace(information_schema_view='__TABLES__') }} as tables
left join {{ information_schema.replace(information_schema_view='MATERIALIZED_VIEWS') }} as views
    on views.table_catalog = tables.project_id
    and views.table_schema = tables.dataset_id
    and views.table_name = tables.table_id
left join {{ information_schema.replace(information_schema_view='TABLE_OPTIONS') }} as options
    on options.table_catalog = tables.project_id
    and options.table_schema = tables.dataset_id
    and options.table_name = tables.table_id
    and options.option_name = 'description'
{% endmacro %}

{% macro _bigquery__get_tables_sql() %}
select distinct table_catalog, table_schema, table_name, is_date_shard, table_type, is_table, table_comment
from table_shards
{% endmacro %}

{% macro _bigquery__get_table_stats_sql() %}
select
    table_catalog,
    table_schema,
    table_name,
    max(shard_name) as latest_shard_name,
    min(shard_index) as shard_min,
    max(shard_index) as shard_max,
    count(shard_index) as shard_count,
    sum(size_bytes) as size_bytes,
    sum(row_count) as row_count
from table_shards
group by 1, 2, 3
{% endmacro %}

{# Fields inside structs have no place of their own in BigQuery's order, so one is counted for them. #}
{% macro _bigquery__get_columns_sql(information_schema) %}
select
    columns.table_catalog,
    columns.table_schema,
    columns.table_name as shard_name,
    coalesce(paths.field_path, '<unknown>') as column_name,
    row_number() over (
        partition by columns.table_catalog, columns.table_schema, columns.table_name
        order by columns.ordinal_position, paths.field_path
    ) as column_index,
    coalesce(paths.data_type, '<unknown>') as column_type,
    paths.description as column_comment,
    case when columns.is_partitioning_column = 'YES' then 1 else 0 end as is_partitioning_column,
    case when columns.is_partitioning_column = 'YES' then paths.field_path end as partition_column,
    case when columns.clustering_ordinal_position is not null then 1 else 0 end as is_clustering_column,
    case when columns.clustering_ordinal_position is not null then paths.field_path end as cluster_column,
    columns.clustering_ordinal_position
from {{ information_schema.replace(information_schema_view='COLUMNS') }} as columns
join {{ information_schema.replace(information_schema_view='COLUMN_FIELD_PATHS') }} as paths
    on paths.table_catalog = columns.table_catalog
    and paths.table_schema = columns.table_schema
    and paths.table_name = columns.table_name
    and paths.column_name = columns.column_name
where columns.ordinal_position is not null
{% endmacro %}

{% macro _bigquery__get_column_stats_sql() %}
select
    table_catalog,
    table_schema,
    shard_name,
    max(is_partitioning_column) = 1 as is_partitioned,
    max(partition_column) as partition_column,
    max(is_clustering_column) = 1 as is_clustered,
    array_to_string(
        array_agg(cluster_column ignore nulls order by clustering_ordinal_position), ', '
    ) as clustering_columns
from columns
group by 1, 2, 3
{% endmacro %}

{# External tables have no field paths; what is unknown of their columns is said to be so. #}
{% macro _bigquery__get_extended_catalog_sql() %}
    {%- set stats = [
        ['date_shards', 'Shard count', 'table_stats.shard_count', 'The number of date shards in this table', 'tables.is_date_shard'],
        ['date_shard_min', 'Shard (min)', 'table_stats.shard_min', 'The first date shard in this table', 'tables.is_date_shard'],
        ['date_shard_max', 'Shard (max)', 'table_stats.shard_max', 'The last date shard in this table', 'tables.is_date_shard'],
        ['num_rows', '# Rows', 'table_stats.row_count', 'Approximate count of rows in this table', 'tables.is_table'],
        ['num_bytes', 'Approximate Size', 'table_stats.size_bytes', 'Approximate size of table as reported by BigQuery', 'tables.is_table'],
        ['partitioning_type', 'Partitioned By', 'column_stats.partition_column', 'The partitioning column for this table', 'column_stats.is_partitioned'],
        ['clustering_fields', 'Clustered By', 'column_stats.clustering_columns', 'The clustering columns for this table', 'column_stats.is_clustered'],
    ] %}
select
    tables.table_catalog as table_database,
    tables.table_schema,
    case when tables.is_date_shard then concat(tables.table_name, '*') else tables.table_name end as table_name,
    tables.table_type,
    tables.table_comment,
    coalesce(columns.column_name, '<unknown>') as column_name,
    coalesce(columns.column_index, 1) as column_index,
    coalesce(columns.column_type, '<unknown>') as column_type,
    coalesce(columns.column_comment, '') as column_comment
    {%- for name, label, value, description, is_shown in stats %},
    '{{ label }}' as `stats__{{ name }}__label`,
    {{ value }} as `stats__{{ name }}__value`,
    '{{ description }}' as `stats__{{ name }}__description`,
    {{ is_shown }} as `stats__{{ name }}__include`
        {%- endfor %}
from tables
join table_stats
    on table_stats.table_catalog = tables.table_catalog
    and table_stats.table_schema = tables.table_schema
    and table_stats.table_name = tables.table_name
left join column_stats
    on column_stats.table_catalog = tables.table_catalog
    and column_stats.table_schema = tables.table_schema
    and column_stats.shard_name = table_stats.latest_shard_name
left join columns
    on columns.table_catalog = tables.table_catalog
    and columns.table_schema = tables.table_schema
    and columns.shard_name = table_stats.latest_shard_name
{% endmacro %}
