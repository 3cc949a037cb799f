{#
    hash(field): the MD5 of the value's text, as 32 hexadecimal digits.

    duckdb    md5(cast(id as TEXT))
    bigquery  to_hex(md5(cast(id as string)))
#}
{% macro hash(field) -%}
    {{ return(adapter.dispatch('hash', 'dbt')(field)) }}
{%- endmacro %}

{% macro default__hash(field) -%}
    md5(cast({{ field }} as {{ api.Column.translate_type('string') }}))
{%- endmacro %}

{% macro bigquery__hash(field) -%}
    to_hex({{ dbt.default__hash(field) }})
{%- endmacro %}
