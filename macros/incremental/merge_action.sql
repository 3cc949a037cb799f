{#
    duckdb__merge_action(clause, dest_columns): what one entry of `merge_clauses` does with a row.

    duckdb    UPDATE BY NAME    UPDATE SET name = DBT_INTERNAL_SOURCE.name    INSERT BY NAME    DELETE    DO NOTHING
#}
{% macro duckdb__merge_action(clause, dest_columns) -%}
    {%- set action, mode = clause.get('action'), clause.get('mode') -%}
    {%- set modes = {'by_name': 'BY NAME', 'by_position': 'BY POSITION'} -%}
    {%- if action == 'update' and mode in modes -%}
UPDATE {{ modes[mode] }}
    {%- elif action == 'update' and mode == 'star' -%}
UPDATE SET *
    {%- elif action == 'update' -%}
UPDATE SET {{ duckdb__merge_assignments(clause, dest_columns) }}
    {%- elif action == 'insert' and mode in modes -%}
INSERT {{ modes[mode] }}
    {%- elif action == 'insert' and mode == 'star' -%}
INSERT *
    {%- elif action == 'insert' and mode == 'explicit' -%}
    {%- set insert = clause.get('insert', {}) -%}
INSERT ({{ insert.get('columns', []) | join(', ') }}) VALUES ({{ insert.get('values', []) | join(', ') }})
    {%- elif action == 'delete' -%}
DELETE
    {%- elif action == 'do_nothing' -%}
DO NOTHING
    {%- elif action == 'error' -%}
    {%- set message = clause.get('error_message') or '' -%}
ERROR{{ " '" ~ (message | replace("'", "''")) ~ "'" if message }}
    {%- endif -%}
{%- endmacro %}
