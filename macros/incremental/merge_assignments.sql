{#
    duckdb__merge_assignments(clause, dest_columns): what an update of `merge_clauses` sets: its own expressions first,
    then the columns it includes, or does not exclude, from the new row.

    duckdb    updated_at = now(), "name" = DBT_INTERNAL_SOURCE."name"
#}
{% macro duckdb__merge_assignments(clause, dest_columns) -%}
    {%- set assignments = [] -%}
    {%- set update = clause.get('update', {}) if clause.get('mode') == 'explicit' else clause -%}
    {%- set expressions = update.get('set_expressions', {}) -%}
    {%- for column, expression in expressions.items() -%}
        {%- do assignments.append(column ~ ' = ' ~ expression) -%}
    {%- endfor -%}
    {%- if clause.get('mode') == 'explicit' -%}
        {%- for column in get_merge_update_columns(update.get('include', []), update.get('exclude', []), dest_columns) -%}
            {%- if (column | replace('"', '') | replace("'", '')) not in expressions -%}
                {%- do assignments.append(column ~ ' = DBT_INTERNAL_SOURCE.' ~ column) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{{ assignments | join(', ') }}
{%- endmacro %}
