{#
    formatted_scalar_function_args_sql(): the arguments of a function, with types and commas.

    both      age integer, area varchar
#}
{% macro formatted_scalar_function_args_sql() %}
    {{ return(adapter.dispatch('formatted_scalar_function_args_sql', 'dbt')()) }}
{% endmacro %}

{% macro default__formatted_scalar_function_args_sql() -%}
    {%- for argument in model.arguments -%}
        {{ argument.name }} {{ argument.data_type }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
