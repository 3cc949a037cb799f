{#
    validate_string_list_field(field_value, field_name, errors): appends to `errors` if a config is neither absent nor a
    list of texts.
#}
{% macro validate_string_list_field(field_value, field_name, errors) -%}
    {%- if field_value is none -%}
    {%- elif field_value is not sequence or field_value is mapping or field_value is string -%}
        {%- do errors.append(field_name ~ ' must be a list') -%}
    {%- else -%}
        {%- for item in field_value if item is not string -%}
            {%- do errors.append(field_name ~ ' must contain only string values, found: ' ~ item) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
