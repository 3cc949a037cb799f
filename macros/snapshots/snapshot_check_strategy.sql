{#
    snapshot_check_strategy(node, snapshotted_rel, current_rel, model_config, target_exists): a row changed when any of
    its `check_cols` differs, or a column is new. A value for macros: the parts of the snapshot's query.

    both      row_changed: (snapshotted_data."area" != source_data."area" or ((snapshotted_data."area" is null) and not …))
#}
{% macro snapshot_check_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
    {%- set updated_at = config.get('updated_at') or snapshot_get_time() | trim -%}
    {%- set has_new_column, checked = snapshot_check_all_get_existing_columns(node, target_exists, config.get('check_cols')) -%}
    {%- set differences = [get_true_sql() | trim] if has_new_column else [] -%}
    {%- for name in (checked or [] if not has_new_column else []) -%}
        {%- set old, new = snapshotted_rel ~ '.' ~ name, current_rel ~ '.' ~ name -%}
        {%- do differences.append(
            old ~ ' != ' ~ new
            ~ ' or ((' ~ old ~ ' is null) and not (' ~ new ~ ' is null))'
            ~ ' or ((not ' ~ old ~ ' is null) and (' ~ new ~ ' is null))'
        ) -%}
    {%- endfor -%}
    {{ return(snapshot_strategy_parts(updated_at, '(' ~ differences | join('\n        or ') ~ ')')) }}
{% endmacro %}
