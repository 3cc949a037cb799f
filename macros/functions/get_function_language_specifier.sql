{#
    get_function_language_specifier(): the clause that names a function's language; nothing for SQL.

    bigquery  LANGUAGE js
#}
{% macro get_function_language_specifier() %}
    {{ return(adapter.dispatch('get_function_language_specifier', 'dbt')()) }}
{% endmacro %}

{% macro default__get_function_language_specifier() -%}
    {%- set language = model.get('language') or 'sql' -%}
    {%- if language == 'javascript' -%}
    LANGUAGE js
    {%- elif language != 'sql' -%}
    LANGUAGE {{ language | upper }}
    {%- endif -%}
{%- endmacro %}
