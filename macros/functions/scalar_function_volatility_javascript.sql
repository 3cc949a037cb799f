{#
    scalar_function_volatility_javascript(): how a function in JavaScript says that it may give other answers at other
    times.

    bigquery  DETERMINISTIC, NOT DETERMINISTIC
#}
{% macro scalar_function_volatility_javascript() %}
    {{ return(adapter.dispatch('scalar_function_volatility_javascript', 'dbt')()) }}
{% endmacro %}

{% macro default__scalar_function_volatility_javascript() -%}
    {%- if model.config.get('volatility') is not none -%}
        {{ exceptions.warn('Volatility is not supported by ' ~ adapter.type() ~ ' in javascript UDF and will be ignored') }}
    {%- endif -%}
{%- endmacro %}

{% macro bigquery__scalar_function_volatility_javascript() -%}
    {%- set words = {'deterministic': 'DETERMINISTIC', 'non-deterministic': 'NOT DETERMINISTIC'} -%}
    {%- set volatility = model.config.get('volatility') -%}
    {%- if volatility in words -%}
        {{ words[volatility] }}
    {%- elif volatility is not none -%}
        {%- do unsupported_volatility_warning(volatility) -%}
    {%- endif -%}
{%- endmacro %}
