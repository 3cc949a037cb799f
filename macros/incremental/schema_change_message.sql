{#
    schema_change_message(changes): what `on_schema_change='fail'` says when columns changed, from the answer of
    `check_for_schema_changes`. A text for people.
#}
{% macro schema_change_message(changes) -%}
    {%- set retyped = [] -%}
    {%- for change in changes['new_target_types'] -%}
        {%- do retyped.append(change['column_name'] ~ ' ' ~ change['new_type']) -%}
    {%- endfor -%}
The source and target schemas on this incremental model are out of sync!
Source columns not in target: {{ changes['source_not_in_target'] | map(attribute='name') | join(', ') or 'none' }}
Target columns not in source: {{ changes['target_not_in_source'] | map(attribute='name') | join(', ') or 'none' }}
New column types: {{ retyped | join(', ') or 'none' }}
Set `on_schema_change` to append_new_columns or sync_all_columns, or run the model with --full-refresh.
{%- endmacro %}
