{#
    snapshot_deletion_records_sql(strategy, source_sql, target_relation, columns): the query for rows that say that a row
    was deleted, with its last values.

    both      select 'insert' as dbt_change_type, snapshotted_data."id", …, 'True' as dbt_is_deleted
              from snapshotted_data
              left join deletes_source_data as source_data on …
#}
{% macro snapshot_deletion_records_sql(strategy, source_sql, target_relation, columns) -%}
    {%- set kept = get_list_of_column_names(get_columns_in_relation(target_relation)) -%}
    {%- set now = snapshot_get_time() | trim -%}
select
        'insert' as dbt_change_type,
            {%- for name in get_columns_in_query(source_sql) %}
        {{ 'snapshotted_data' if name in kept else 'source_data' }}.{{ adapter.quote(name) }},
            {%- endfor %}
            {%- if strategy.unique_key | is_list %}
            {%- for key in strategy.unique_key %}
        snapshotted_data.{{ key }} as dbt_unique_key_{{ loop.index }},
            {%- endfor %}
            {%- else %}
        snapshotted_data.dbt_unique_key as dbt_unique_key,
            {%- endif %}
        {{ now }} as {{ columns.dbt_valid_from }},
        {{ now }} as {{ columns.dbt_updated_at }},
        snapshotted_data.{{ columns.dbt_valid_to }} as {{ columns.dbt_valid_to }},
        {{ snapshot_hash_arguments([columns.dbt_scd_id, snapshot_get_time()]) | trim }} as {{ columns.dbt_scd_id }},
        'True' as {{ columns.dbt_is_deleted }}
    from snapshotted_data
    left join deletes_source_data as source_data
        on {{ unique_key_join_on(strategy.unique_key, 'snapshotted_data', 'source_data') | trim }}
    where {{ unique_key_is_null(strategy.unique_key, 'source_data') | trim }}
        {{- snapshot_not_yet_deleted_sql(columns) }}
{%- endmacro %}
