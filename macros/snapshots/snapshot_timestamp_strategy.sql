{#
    snapshot_timestamp_strategy(node, snapshotted_rel, current_rel, model_config, target_exists): a row changed when its
    `updated_at` is later than when its last version began. A value for macros: the parts of the snapshot's query.

    both      row_changed: (snapshotted_data.dbt_valid_from < source_data.updated_at)
#}
{% macro snapshot_timestamp_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
    {%- set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
    {%- set updated_at = config.get('updated_at') -%}
    {{ return(snapshot_strategy_parts(
        updated_at,
        '(' ~ snapshotted_rel ~ '.' ~ columns.dbt_valid_from ~ ' < ' ~ current_rel ~ '.' ~ updated_at ~ ')'
    )) }}
{% endmacro %}
