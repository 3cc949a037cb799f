{#
    diff_columns(source_columns, target_columns): the columns of the source that the target lacks, by name.
    A value for macros, not SQL.
#}
{% macro diff_columns(source_columns, target_columns) %}
    {%- set names = target_columns | map(attribute='column') | list -%}
    {%- set missing = [] -%}
    {%- for column in source_columns if column.name not in names -%}
        {%- do missing.append(column) -%}
    {%- endfor -%}
    {{ return(missing) }}
{% endmacro %}
