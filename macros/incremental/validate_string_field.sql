{#
    validate_string_field(field_value, field_name, errors): appends to `errors` if a config is neither absent nor a text.
#}
{% macro validate_string_field(field_value, field_name, errors) -%}
    {%- if field_value is not none and field_value is not string -%}
        {%- do errors.append(field_name ~ ' must be a string, found: ' ~ field_value) -%}
    {%- endif -%}
{%- endmacro %}
