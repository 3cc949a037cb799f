{#
    diff_column_data_types(source_columns, target_columns): the columns of both that have another type in the source,
    with that type. A value for macros, not SQL: [{'column_name': 'id', 'new_type': 'VARCHAR'}].
#}
{% macro diff_column_data_types(source_columns, target_columns) %}
    {{ return(adapter.dispatch('diff_column_data_types', 'dbt')(source_columns, target_columns)) }}
{% endmacro %}

{% macro default__diff_column_data_types(source_columns, target_columns) %}
    {%- set changed = [] -%}
    {%- for column in source_columns -%}
        {%- set found = target_columns | selectattr('name', 'equalto', column.name) | list | first -%}
        {%- if found and column.expanded_data_type != found.expanded_data_type and not column.can_expand_to(other_column=found) -%}
            {%- do changed.append({'column_name': found.name, 'new_type': column.expanded_data_type}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(changed) }}
{% endmacro %}
