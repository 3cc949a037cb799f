{#
    _split_part_negative(string_text, delimiter_text, part_number): `split_part` counted from the end, for warehouses
    whose own function cannot; kept for dialects of other packages.

    both      split_part(area, '-', length(area) - length(replace(area, '-', '')) + 2 + -1)
#}
{% macro _split_part_negative(string_text, delimiter_text, part_number) %}
    split_part(
        {{ string_text }},
        {{ delimiter_text }},
          length({{ string_text }})
          - length(
              replace({{ string_text }},  {{ delimiter_text }}, '')
          ) + 2 + {{ part_number }}
        )
{% endmacro %}
