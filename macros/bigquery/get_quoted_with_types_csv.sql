{#
    get_quoted_with_types_csv(columns): names in quotes and types, with commas between.

    bigquery  `id` INT64, `area` STRING
#}
{% macro get_quoted_with_types_csv(columns) %}
    {%- set typed = [] -%}
    {%- for column in columns -%}
        {%- do typed.append(adapter.quote(column.name) ~ ' ' ~ column.data_type) -%}
    {%- endfor -%}
    {{ return(typed | join(', ')) }}
{% endmacro %}
