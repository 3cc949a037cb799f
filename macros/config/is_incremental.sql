{#
    is_incremental(): whether this run adds to an incremental model's table: it exists, and is not built anew. Never true
    while parsing. A value for macros, not SQL.
#}
{% macro is_incremental() %}
    {%- if not execute -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set relation = load_relation(this) -%}
    {{ return(
        relation is not none
        and relation.type == 'table'
        and model.config.materialized == 'incremental'
        and not should_full_refresh()
    ) }}
{% endmacro %}
