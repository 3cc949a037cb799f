{#
    scalar_function_volatility_sql(): how a function in SQL says that it may give other answers at other times. Neither
    warehouse of ours can say it, and a warning tells so.
#}
{% macro scalar_function_volatility_sql() %}
    {{ return(adapter.dispatch('scalar_function_volatility_sql', 'dbt')()) }}
{% endmacro %}

{% macro default__scalar_function_volatility_sql() -%}
    {%- set words = {'deterministic': 'IMMUTABLE', 'stable': 'STABLE', 'non-deterministic': 'VOLATILE'} -%}
    {%- set volatility = model.config.get('volatility') -%}
    {%- if volatility in words -%}
        {{ words[volatility] }}
    {%- elif volatility is not none -%}
        {%- do unsupported_volatility_warning(volatility) -%}
    {%- endif -%}
{%- endmacro %}

{% macro bigquery__scalar_function_volatility_sql() -%}
    {%- if model.config.get('volatility') is not none -%}
        {%- do unsupported_volatility_warning(model.config.get('volatility')) -%}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__scalar_function_volatility_sql() -%}
    {%- if model.config.get('volatility') is not none -%}
        {%- do unsupported_volatility_warning(model.config.get('volatility')) -%}
    {%- endif -%}
{%- endmacro %}
