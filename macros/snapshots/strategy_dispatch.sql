{#
    strategy_dispatch(name): the macro of a snapshot's strategy, which may name its package: `audit.by_hash`.
    A macro, not SQL.
#}
{% macro strategy_dispatch(name) -%}
    {%- set package, strategy = name.split('.', 1) if '.' in name else [none, name] -%}
    {%- if package is not none and package not in context -%}
        {{ exceptions.raise_compiler_error("Could not find package '" ~ package ~ "', called with '" ~ name ~ "'") }}
    {%- endif -%}
    {%- set macros = context if package is none else context[package] -%}
    {%- set macro_name = 'snapshot_' ~ strategy ~ '_strategy' -%}
    {%- if macro_name not in macros -%}
        {{ exceptions.raise_compiler_error(
            "The specified strategy macro '" ~ strategy ~ "' was not found in package '" ~ package ~ "'"
        ) }}
    {%- endif -%}
    {{ return(macros[macro_name]) }}
{%- endmacro %}
