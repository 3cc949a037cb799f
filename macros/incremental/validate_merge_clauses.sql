{#
    validate_merge_clauses(config, base_configuration_fields, errors): appends to `errors` what is wrong with
    `merge_clauses`, and which simpler configs it would leave without effect.
#}
{% macro validate_merge_clauses(config, base_configuration_fields, errors) -%}
    {%- set clauses = config.get('merge_clauses') -%}
    {%- if clauses is mapping -%}
        {%- if 'when_matched' not in clauses and 'when_not_matched' not in clauses -%}
            {%- do errors.append("merge_clauses must contain at least one of 'when_matched' or 'when_not_matched' keys") -%}
        {%- endif -%}
        {%- for kind in ['when_matched', 'when_not_matched'] if kind in clauses -%}
            {%- do validate_merge_clause_list(clauses, kind, errors) -%}
        {%- endfor -%}
        {%- set ignored = [] -%}
        {%- for name in base_configuration_fields if config.get(name) and name not in ['merge_on_using_columns', 'merge_returning_columns'] -%}
            {%- do ignored.append(name) -%}
        {%- endfor -%}
        {%- if ignored -%}
            {%- do errors.append(
                'When merge_clauses is specified, the following basic merge configurations will be ignored and should be removed: '
                ~ ignored | join(', ') ~ '. Define your merge behavior within merge_clauses instead.'
            ) -%}
        {%- endif -%}
    {%- elif clauses is not none -%}
        {%- do errors.append('merge_clauses must be a dictionary, found: ' ~ clauses) -%}
    {%- endif -%}
{%- endmacro %}
