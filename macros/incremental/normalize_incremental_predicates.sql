{#
    normalize_incremental_predicates(incremental_predicates): a list of conditions, from none, one or several.
    A value for macros, not SQL.
#}
{% macro normalize_incremental_predicates(incremental_predicates) -%}
    {{ return(normalize_string_or_list(incremental_predicates, 'incremental_predicates')) }}
{%- endmacro %}
