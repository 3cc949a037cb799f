{#
    validate_doc_columns(relation, column_dict, existing_column_names): those of the documented columns that exist; warns
    of the others. Case counts only for names that are to be quoted. A value for macros, not SQL.
#}
{% macro validate_doc_columns(relation, column_dict, existing_column_names) %}
    {%- set lower_names = existing_column_names | map('lower') | list -%}
    {%- set found, missing = {}, [] -%}
    {%- for name, column in column_dict.items() -%}
        {%- if name in existing_column_names or (not column['quote'] and name | lower in lower_names) -%}
            {%- do found.update({name: column}) -%}
        {%- else -%}
            {%- do missing.append(name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if missing -%}
        {{ exceptions.warn(
            'In relation ' ~ relation.render() ~ ': The following columns are specified in the schema but are not present in the database: '
            ~ missing | join(', ')
        ) }}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}
