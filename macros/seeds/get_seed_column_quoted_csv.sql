{#
    get_seed_column_quoted_csv(model, column_names): a seed's column names as its `quote_columns` says, with commas
    between.

    both      id, name
#}
{% macro get_seed_column_quoted_csv(model, column_names) %}
    {%- set is_quoted = model['config'].get('quote_columns', none) -%}
    {%- set quoted = [] -%}
    {%- for name in column_names -%}
        {%- do quoted.append(adapter.quote_seed_column(name, is_quoted)) -%}
    {%- endfor -%}
    {{ return(quoted | join(', ')) }}
{% endmacro %}
