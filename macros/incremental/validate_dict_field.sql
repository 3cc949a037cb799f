{#
    validate_dict_field(field_value, field_name, errors): appends to `errors` if a config is neither absent nor a
    dictionary.
#}
{% macro validate_dict_field(field_value, field_name, errors) -%}
    {%- if field_value is not none and field_value is not mapping -%}
        {%- do errors.append(field_name ~ ' must be a dictionary, found: ' ~ field_value) -%}
    {%- endif -%}
{%- endmacro %}
