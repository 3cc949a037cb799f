{#
    py_current_timestring(): this moment as 20 digits, for names. A value for macros, not SQL.
#}
{% macro py_current_timestring() %}
    {{ return(modules.datetime.datetime.now().strftime('%Y%m%d%H%M%S%f')) }}
{% endmacro %}
