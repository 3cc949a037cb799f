{#
    snapshot_not_yet_deleted_sql(columns): the condition that keeps a deletion from being recorded twice.

    both      and not (
                  snapshotted_data.dbt_is_deleted = 'True'
                  and snapshotted_data.dbt_valid_to is null
              )
#}
{% macro snapshot_not_yet_deleted_sql(columns) %}
    {%- set valid_to = 'snapshotted_data.' ~ columns.dbt_valid_to -%}
    {%- set current = config.get('dbt_valid_to_current') %}
        and not (
            snapshotted_data.{{ columns.dbt_is_deleted }} = 'True'
            and {{ valid_to }} {{ '= ' ~ current if current else 'is null' }}
        )
{%- endmacro %}
