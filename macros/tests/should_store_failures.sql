{#
    should_store_failures(): whether a test keeps its failing rows in a relation: its `store_failures`, else the flag
    --store-failures. A value for macros, not SQL.
#}
{% macro should_store_failures() %}
    {%- set configured = config.get('store_failures') -%}
    {{ return(flags.STORE_FAILURES if configured is none else configured) }}
{% endmacro %}
