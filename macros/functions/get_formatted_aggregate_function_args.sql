{#
    get_formatted_aggregate_function_args(): the arguments of an aggregate function, with types and commas.

    both      x INT64
#}
{% macro get_formatted_aggregate_function_args() %}
    {{ return(adapter.dispatch('get_formatted_aggregate_function_args', 'dbt')()) }}
{% endmacro %}

{% macro default__get_formatted_aggregate_function_args() %}
    {{ return(formatted_scalar_function_args_sql()) }}
{% endmacro %}
