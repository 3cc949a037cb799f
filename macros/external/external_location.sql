{#
    external_location(relation, config): where an external model's file goes unless it says so: below the root for such
    files, named as the relation.

    duckdb    out/crimes.parquet
#}
{% macro external_location(relation, config) -%}
    {%- set is_folder = config.get('options', {}).get('partition_by') is not none -%}
{{ adapter.external_root() }}/{{ relation.identifier }}{{ '.' ~ config.get('format', 'parquet') if not is_folder }}
{%- endmacro %}
