{#
    validate_merge_clause_list(merge_clauses, clause_type, errors): appends to `errors` what is wrong with one list of
    `merge_clauses`.
#}
{% macro validate_merge_clause_list(merge_clauses, clause_type, errors) -%}
    {%- set clauses = merge_clauses.get(clause_type) -%}
    {%- if clauses is not sequence or clauses is mapping or clauses is string -%}
        {%- do errors.append('merge_clauses.' ~ clause_type ~ ' must be a list') -%}
    {%- elif clauses | length == 0 -%}
        {%- do errors.append('merge_clauses.' ~ clause_type ~ ' must contain at least one element') -%}
    {%- else -%}
        {%- for clause in clauses if clause is not mapping -%}
            {%- do errors.append('merge_clauses.' ~ clause_type ~ ' elements must be dictionaries, found: ' ~ clause) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
