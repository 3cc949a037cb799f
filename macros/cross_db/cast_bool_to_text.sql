{#
    cast_bool_to_text(field): 'true' or 'false'.

    duckdb    cast(is_open as TEXT)
    bigquery  cast(is_open as string)
#}
{% macro cast_bool_to_text(field) %}
    {{ adapter.dispatch('cast_bool_to_text', 'dbt')(field) }}
{% endmacro %}

{% macro default__cast_bool_to_text(field) %}
    cast({{ field }} as {{ api.Column.translate_type('string') }})
{% endmacro %}
