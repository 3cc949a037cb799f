{#
    location_exists(location): whether files are found there. A value for macros, not SQL.
#}
{% macro location_exists(location) -%}
    {{ return(adapter.location_exists(location)) }}
{%- endmacro %}
