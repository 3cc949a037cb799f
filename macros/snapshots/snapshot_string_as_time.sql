{#
    snapshot_string_as_time(timestamp): a moment written as text, as SQL.

    duckdb    '2024-01-01 00:00:00'::timestamp
    bigquery  TIMESTAMP("2024-01-01 00:00:00")
#}
{% macro snapshot_string_as_time(timestamp) -%}
    {{ adapter.dispatch('snapshot_string_as_time', 'dbt')(timestamp) }}
{%- endmacro %}

{% macro default__snapshot_string_as_time(timestamp) %}
    {{ exceptions.raise_not_implemented('snapshot_string_as_time macro not implemented for adapter ' ~ adapter.type()) }}
{% endmacro %}

{% macro duckdb__snapshot_string_as_time(timestamp) -%}
'{{ timestamp }}'::timestamp
{%- endmacro %}

{% macro bigquery__snapshot_string_as_time(timestamp) -%}
TIMESTAMP("{{ timestamp }}")
{%- endmacro %}
