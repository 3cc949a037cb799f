{#
    formatted_scalar_function_args_javascript(): the arguments of a function in JavaScript; no warehouse of ours writes
    them another way than `formatted_scalar_function_args_sql`.
#}
{% macro formatted_scalar_function_args_javascript() %}
    {{ return(adapter.dispatch('formatted_scalar_function_args_javascript', 'dbt')()) }}
{% endmacro %}

{% macro default__formatted_scalar_function_args_javascript() %}
    {{ exceptions.raise_compiler_error(
        'formatted_scalar_function_args_javascript not implemented for adapter ' ~ adapter.type()
    ) }}
{% endmacro %}
