{#
    get_aggregate_function_volatility_specifier(): how an aggregate function says that it may give other answers at other
    times.

    others    IMMUTABLE, STABLE, VOLATILE
#}
{% macro get_aggregate_function_volatility_specifier() %}
    {{ return(adapter.dispatch('get_aggregate_function_volatility_specifier', 'dbt')()) }}
{% endmacro %}

{% macro default__get_aggregate_function_volatility_specifier() %}
    {{ return(scalar_function_volatility_sql()) }}
{% endmacro %}
