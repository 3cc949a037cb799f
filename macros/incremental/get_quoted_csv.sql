{#
    get_quoted_csv(column_names): names in quotes, with commas between.

    duckdb    "id", "area"
    bigquery  `id`, `area`
#}
{% macro get_quoted_csv(column_names) %}
    {%- set quoted = [] -%}
    {%- for name in column_names -%}
        {%- do quoted.append(adapter.quote(name)) -%}
    {%- endfor -%}
    {{ return(quoted | join(', ')) }}
{% endmacro %}
