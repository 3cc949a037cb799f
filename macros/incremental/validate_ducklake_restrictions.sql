{#
    validate_ducklake_restrictions(config, target_relation, errors): appends to `errors` what DuckLake's merge cannot do:
    return rows, or update and delete in one statement.
#}
{% macro validate_ducklake_restrictions(config, target_relation, errors) -%}
    {%- if target_relation and adapter.is_ducklake(target_relation) -%}
        {%- if config.get('merge_returning_columns') -%}
            {%- do errors.append('DuckLake MERGE restrictions: merge_returning_columns is not supported because DuckLake does not support RETURNING.') -%}
        {%- endif -%}
        {%- set clauses = config.get('merge_clauses') or {} -%}
        {%- set changing = [] -%}
        {%- for clause in clauses.get('when_matched', []) + clauses.get('when_not_matched', []) if clause.get('action') in ['update', 'delete'] -%}
            {%- do changing.append(clause) -%}
        {%- endfor -%}
        {%- if changing | length > 1 -%}
            {%- do errors.append(
                'DuckLake MERGE restrictions: merge_clauses can contain only a single UPDATE or DELETE action across when_matched and when_not_matched. Found '
                ~ (changing | length) ~ ' UPDATE/DELETE actions.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
