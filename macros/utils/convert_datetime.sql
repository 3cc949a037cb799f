{#
    convert_datetime(date_str, date_fmt): a text as a moment, or an error that names both. A value for macros, not SQL.
#}
{% macro convert_datetime(date_str, date_fmt) %}
    {%- set message = "The provided partition date '" ~ date_str ~ "' does not match the expected format '" ~ date_fmt ~ "'" -%}
    {{ return(try_or_compiler_error(message, modules.datetime.datetime.strptime, date_str.strip(), date_fmt)) }}
{% endmacro %}
