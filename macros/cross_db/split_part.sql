{#
    split_part(string_text, delimiter_text, part_number): one part of a text, counted from 1; negative counts from the
    end.

    duckdb    string_split(area, '-')[ 2 ]
    bigquery  split(
                  area,
                  '-'
                  )[safe_offset(1)]
#}
{% macro split_part(string_text, delimiter_text, part_number) %}
    {{ return(adapter.dispatch('split_part', 'dbt')(string_text, delimiter_text, part_number)) }}
{% endmacro %}

{% macro default__split_part(string_text, delimiter_text, part_number) %}
    split_part(
        {{ string_text }},
        {{ delimiter_text }},
        {{ part_number }}
        )
{% endmacro %}

{% macro duckdb__split_part(string_text, delimiter_text, part_number) %}
    string_split({{ string_text }}, {{ delimiter_text }})[ {{ part_number }} ]
{% endmacro %}

{% macro bigquery__split_part(string_text, delimiter_text, part_number) %}
    {% if part_number >= 0 -%}
    split(
        {{ string_text }},
        {{ delimiter_text }}
        )[safe_offset({{ part_number - 1 }})]
    {%- else -%}
    split(
        {{ string_text }},
        {{ delimiter_text }}
        )[safe_offset(
          length({{ string_text }})
          - length(
              replace({{ string_text }},  {{ delimiter_text }}, '')
          ) + 1 + {{ part_number }}
        )]
    {%- endif %}
{% endmacro %}
