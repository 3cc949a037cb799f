{#
    snapshot_hash_arguments(args): the MD5 of several values, as the id of a row's version.

    duckdb    md5(coalesce(cast(id as varchar ), '') || '|' || coalesce(cast(updated_at as varchar ), ''))
    bigquery  to_hex(md5(concat(coalesce(cast(id as string), ''), '|', coalesce(cast(updated_at as string), ''))))
#}
{% macro snapshot_hash_arguments(args) -%}
    {{ adapter.dispatch('snapshot_hash_arguments', 'dbt')(args) }}
{%- endmacro %}

{% macro default__snapshot_hash_arguments(args) -%}
md5({% for argument in args %}coalesce(cast({{ argument }} as varchar ), ''){{ " || '|' || " if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro bigquery__snapshot_hash_arguments(args) -%}
to_hex(md5(concat({% for argument in args %}coalesce(cast({{ argument }} as string), ''){{ ", '|', " if not loop.last }}{% endfor %})))
{%- endmacro %}
