{#
    assert_snapshot_target(relation, columns, strategy): refuses a table that was not made by a snapshot, or by one whose
    columns had other names: it names those that are missing.
#}
{% macro assert_snapshot_target(relation, columns, strategy) %}
    {%- set names = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list -%}
    {%- set needed = [columns.dbt_scd_id, columns.dbt_valid_from, columns.dbt_valid_to] -%}
    {%- if strategy.hard_deletes == 'new_record' -%}
        {%- do needed.append(columns.dbt_is_deleted) -%}
    {%- endif -%}
    {%- set missing = [] -%}
    {%- for name in needed if name | lower not in names -%}
        {%- do missing.append(name) -%}
    {%- endfor -%}
    {%- if missing -%}
        {{ exceptions.raise_compiler_error(
            'Snapshot target is missing configured columns: ' ~ missing | join(', ') ~ '. ' ~ relation
            ~ ' was not made by this snapshot, or by one whose columns had other names'
        ) }}
    {%- endif -%}
{% endmacro %}
