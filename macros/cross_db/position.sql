{#
    position(substring_text, string_text): where a text first occurs in another, counted from 1; 0 when nowhere.

    duckdb    position(
                  'a' in area
              )
    bigquery  strpos(
                  area,
                  'a'
              )
#}
{% macro position(substring_text, string_text) -%}
    {{ return(adapter.dispatch('position', 'dbt')(substring_text, string_text)) }}
{%- endmacro %}

{% macro default__position(substring_text, string_text) %}
    position(
        {{ substring_text }} in {{ string_text }}
    )
{%- endmacro %}

{% macro bigquery__position(substring_text, string_text) %}
    strpos(
        {{ string_text }},
        {{ substring_text }}
    )
{%- endmacro %}
