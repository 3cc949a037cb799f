{#
    cast_from_string_unsupported_for(type): whether a text can never be cast to this BigQuery type.
    A value for macros, not SQL: `struct<a int64>` and `geography` give true.
#}
{% macro cast_from_string_unsupported_for(type) %}
    {{ return(type.lower().startswith('struct') or type.lower() == 'geography') }}
{% endmacro %}
