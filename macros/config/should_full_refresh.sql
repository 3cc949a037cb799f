{#
    should_full_refresh(): whether an incremental model or a seed is built anew: its `full_refresh`, else the flag
    --full-refresh. A value for macros, not SQL.
#}
{% macro should_full_refresh() %}
    {%- set configured = config.get('full_refresh') -%}
    {{ return(flags.FULL_REFRESH if configured is none else configured) }}
{% endmacro %}
