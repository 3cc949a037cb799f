{#
    unsupported_volatility_warning(volatility): warns that a function's `volatility` has no effect on this warehouse.
#}
{% macro unsupported_volatility_warning(volatility) %}
    {{ return(adapter.dispatch('unsupported_volatility_warning', 'dbt')(volatility)) }}
{% endmacro %}

{% macro default__unsupported_volatility_warning(volatility) %}
    {{ exceptions.warn(
        'Found `' ~ volatility ~ '` volatility specified on function `' ~ model.name ~ '`. This volatility is not supported by '
        ~ adapter.type() ~ ', and will be ignored'
    ) }}
{% endmacro %}
