{#
    length(expression): how many characters a text has.

    both      length(
                  area
              )
#}
{% macro length(expression) -%}
    {{ return(adapter.dispatch('length', 'dbt')(expression)) }}
{%- endmacro %}

{% macro default__length(expression) %}
    length(
        {{ expression }}
    )
{%- endmacro %}
