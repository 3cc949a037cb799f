{#
    build_snapshot_table(strategy, sql): the query for a snapshot's first rows: the source's, all current.

    both      select *,
                  md5(…) as dbt_scd_id,
                  updated_at as dbt_updated_at,
                  updated_at as dbt_valid_from,
                  coalesce(nullif(updated_at, updated_at), null) as dbt_valid_to
              from (…) sbq
#}
{% macro build_snapshot_table(strategy, sql) -%}
    {{ adapter.dispatch('build_snapshot_table', 'dbt')(strategy, sql) }}
{%- endmacro %}

{% macro default__build_snapshot_table(strategy, sql) -%}
    {%- set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
select *,
    {{ strategy.scd_id }} as {{ columns.dbt_scd_id }},
    {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
    {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
    {{ get_dbt_valid_to_current(strategy, columns) | trim }}
    {{- ",\n    'False' as " ~ columns.dbt_is_deleted if strategy.hard_deletes == 'new_record' }}
from (
    {{ sql }}
) sbq
{%- endmacro %}
