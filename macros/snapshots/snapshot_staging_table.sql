{#
    snapshot_staging_table(strategy, source_sql, target_relation): the query for what changed since the last snapshot:
    rows to insert, rows to end, and by `hard_deletes` rows that are gone (`invalidate` ends them, `new_record` also
    inserts that they were deleted).

    both      with snapshot_query as (…), snapshotted_data as (…), insertions_source_data as (…),
              updates_source_data as (…), insertions as (…), updates as (…)
              select * from insertions
              union all
              select * from updates
#}
{% macro snapshot_staging_table(strategy, source_sql, target_relation) -%}
    {{ adapter.dispatch('snapshot_staging_table', 'dbt')(strategy, source_sql, target_relation) }}
{%- endmacro %}

{% macro default__snapshot_staging_table(strategy, source_sql, target_relation) -%}
    {%- set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
    {%- set keeps_deletes = strategy.hard_deletes == 'new_record' -%}
    {%- set sees_deletes = keeps_deletes or strategy.hard_deletes == 'invalidate' -%}
    {%- set keys = unique_key_fields(strategy.unique_key) | trim -%}
    {%- set same_key = unique_key_join_on(strategy.unique_key, 'snapshotted_data', 'source_data') | trim -%}
    {%- set is_current = snapshot_is_current_sql(columns.dbt_valid_to, columns) | trim -%}
    {%- set was_deleted = 'snapshotted_data.' ~ columns.dbt_is_deleted ~ " = 'True'" -%}
    {%- set has_changed = strategy.row_changed ~ (' or ' ~ was_deleted if keeps_deletes else '') -%}
    {%- set now = snapshot_get_time() | trim -%}
with snapshot_query as (
    {{ source_sql }}
),

snapshotted_data as (
    select *, {{ keys }}
    from {{ target_relation }}
    where {{ is_current }}
),

insertions_source_data as (
    select *, {{ keys }},
        {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
        {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
        {{ get_dbt_valid_to_current(strategy, columns) | trim }},
        {{ strategy.scd_id }} as {{ columns.dbt_scd_id }}
    from snapshot_query
),

updates_source_data as (
    select *, {{ keys }},
        {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
        {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
        {{ strategy.updated_at }} as {{ columns.dbt_valid_to }}
    from snapshot_query
),
{% if sees_deletes %}
deletes_source_data as (
    select *, {{ keys }}
    from snapshot_query
),
{% endif %}
insertions as (
    select
        'insert' as dbt_change_type,
        source_data.*
        {{- ",\n        'False' as " ~ columns.dbt_is_deleted if keeps_deletes }}
    from insertions_source_data as source_data
    left outer join snapshotted_data
        on {{ same_key }}
    where {{ unique_key_is_null(strategy.unique_key, 'snapshotted_data') | trim }}
        or ({{ unique_key_is_not_null(strategy.unique_key, 'snapshotted_data') | trim }} and ({{ has_changed }}))
),

updates as (
    select
        'update' as dbt_change_type,
        source_data.*,
        snapshotted_data.{{ columns.dbt_scd_id }}
        {{- ',\n        snapshotted_data.' ~ columns.dbt_is_deleted if keeps_deletes }}
    from updates_source_data as source_data
    join snapshotted_data
        on {{ same_key }}
    where ({{ has_changed }})
)
{%- if sees_deletes %},

deletes as (
    select
        'delete' as dbt_change_type,
        source_data.*,
        {{ now }} as {{ columns.dbt_valid_from }},
        {{ now }} as {{ columns.dbt_updated_at }},
        {{ now }} as {{ columns.dbt_valid_to }},
        snapshotted_data.{{ columns.dbt_scd_id }}
        {{- ',\n        snapshotted_data.' ~ columns.dbt_is_deleted if keeps_deletes }}
    from snapshotted_data
    left join deletes_source_data as source_data
        on {{ same_key }}
    where {{ unique_key_is_null(strategy.unique_key, 'source_data') | trim }}
        {{- snapshot_not_yet_deleted_sql(columns) if keeps_deletes }}
)
    {%- endif %}
{%- if keeps_deletes %},

deletion_records as (
    {{ snapshot_deletion_records_sql(strategy, source_sql, target_relation, columns) }}
)
    {%- endif %}

select * from insertions
union all
select * from updates
    {%- if sees_deletes %}
union all
select * from deletes
    {%- endif %}
    {%- if keeps_deletes %}
union all
select * from deletion_records
    {%- endif %}
{%- endmacro %}
