{#
    validate_merge_config(config, target_relation=none): refuses `merge_…` configs that DuckDB's merge cannot be written
    from, naming all that is wrong.
#}
{% macro validate_merge_config(config, target_relation=none) %}
    {%- set errors = [] -%}
    {%- set fields = {
        'merge_update_condition': 'string',
        'merge_insert_condition': 'string',
        'merge_on_using_columns': 'sequence',
        'merge_update_columns': 'sequence',
        'merge_update_set_expressions': 'mapping',
        'merge_exclude_columns': 'sequence',
        'merge_returning_columns': 'sequence',
    } -%}
    {%- for name, type in fields.items() -%}
        {%- if type == 'string' -%}
            {%- do validate_string_field(config.get(name), name, errors) -%}
        {%- elif type == 'sequence' -%}
            {%- do validate_string_list_field(config.get(name), name, errors) -%}
        {%- else -%}
            {%- do validate_dict_field(config.get(name), name, errors) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do validate_merge_clauses(config, fields, errors) -%}
    {%- if not errors -%}
        {%- do validate_ducklake_restrictions(config, target_relation, errors) -%}
    {%- endif -%}
    {%- if errors -%}
        {{ exceptions.raise_compiler_error('MERGE configuration errors:\n' ~ errors | join('\n')) }}
    {%- endif -%}
{% endmacro %}
