{#
    normalize_string_or_list(raw, field_name): a list of texts, from none, one or several; anything else is refused by
    the config's name. A value for macros, not SQL.
#}
{% macro normalize_string_or_list(raw, field_name) -%}
    {%- if raw is none -%}
        {{ return([]) }}
    {%- elif raw is string -%}
        {{ return([raw]) }}
    {%- elif raw is mapping or raw is not sequence -%}
        {{ exceptions.raise_compiler_error(field_name ~ ' must be a list of strings or a string') }}
    {%- endif -%}
    {%- for item in raw if item is not string -%}
        {{ exceptions.raise_compiler_error(field_name ~ ' list values must be non-empty strings') }}
    {%- endfor -%}
    {{ return(raw | list) }}
{%- endmacro %}
