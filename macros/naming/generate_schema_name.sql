{#
    generate_schema_name(custom_schema_name=none, node=none): the schema (BigQuery: dataset) a node lies in: the
    target's, with the `schema` config behind it. Projects often replace it.

    Rendered while parsing, so it sees no warehouse: main_core
#}
{% macro generate_schema_name(custom_schema_name=none, node=none) -%}
    {{ return(adapter.dispatch('generate_schema_name', 'dbt')(custom_schema_name, node)) }}
{%- endmacro %}

{% macro default__generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema }}{{ '_' ~ (custom_schema_name | trim) if custom_schema_name is not none }}
{%- endmacro %}
