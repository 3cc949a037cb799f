{#
    get_powers_of_two(upper_bound): the smallest whole number, at least 1, whose power of two reaches `upper_bound`.
    A value for macros, not SQL: 10 gives 4.
#}
{% macro get_powers_of_two(upper_bound) %}
    {{ return(adapter.dispatch('get_powers_of_two', 'dbt')(upper_bound)) }}
{% endmacro %}

{% macro default__get_powers_of_two(upper_bound) %}
    {%- if upper_bound <= 0 -%}
        {{ exceptions.raise_compiler_error('upper bound must be positive') }}
    {%- endif -%}
    {%- for exponent in range(1, 100) if 2 ** exponent >= upper_bound -%}
        {{ return(exponent) }}
    {%- endfor -%}
{% endmacro %}
