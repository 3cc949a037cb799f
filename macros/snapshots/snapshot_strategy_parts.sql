{#
    snapshot_strategy_parts(updated_at, row_changed): what a strategy gives: the key, the time and the id of a row's
    version, the condition under which it changed, and what happens to rows that are gone. A value for macros, not SQL.
#}
{% macro snapshot_strategy_parts(updated_at, row_changed) %}
    {%- set unique_key = config.get('unique_key') -%}
    {%- set hard_deletes = adapter.get_hard_deletes_behavior(config) -%}
    {{ return({
        'unique_key': unique_key,
        'updated_at': updated_at,
        'row_changed': row_changed,
        'scd_id': snapshot_hash_arguments(api.Relation.scd_args(unique_key, updated_at)) | trim,
        'invalidate_hard_deletes': hard_deletes == 'invalidate',
        'hard_deletes': hard_deletes,
    }) }}
{% endmacro %}
