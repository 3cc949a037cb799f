{#
    right(string_text, length_expression): the last characters of a text.

    duckdb    right(
                  area,
                  3
              )
    bigquery  case when 3 = 0 then '' else substr(area, -1 * (3)) end
#}
{% macro right(string_text, length_expression) -%}
    {{ return(adapter.dispatch('right', 'dbt')(string_text, length_expression)) }}
{%- endmacro %}

{% macro default__right(string_text, length_expression) %}
    right(
        {{ string_text }},
        {{ length_expression }}
    )
{%- endmacro %}

{# BigQuery's own `right` knows no such thing as the last 0 characters of a null; this keeps dbt's answers. #}
{% macro bigquery__right(string_text, length_expression) %}
    case when {{ length_expression }} = 0
        then ''
    else
        substr(
            {{ string_text }},
            -1 * ({{ length_expression }})
        )
    end
{%- endmacro %}
