{#
    formatted_scalar_function_args_sql(): the arguments of a function, with commas. DuckDB's have no types, since database
    files of the usual version do not keep them; a `default_value` is SQL there, and arguments of an overload may be given.

    duckdb    age, area := 'Central'
    bigquery  age INT64, area STRING
#}
{% macro formatted_scalar_function_args_sql() %}
    {{ return(adapter.dispatch('formatted_scalar_function_args_sql', 'dbt')()) }}
{% endmacro %}

{% macro default__formatted_scalar_function_args_sql() -%}
    {%- for argument in model.arguments -%}
        {{ argument.name }} {{ argument.data_type }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro duckdb__formatted_scalar_function_args_sql(arguments=none) -%}
    {%- for argument in (arguments if arguments is not none else model.arguments) -%}
        {{ argument.name }}
        {%- if argument.default_value is not none %} := {{ argument.default_value }}{% endif -%}
        {{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
