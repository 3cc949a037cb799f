{#
    generate_alias_name(custom_alias_name=none, node=none): the name a node gets in the warehouse: its `alias`, or its
    own name, with `_v2` behind it for a version. Projects may replace it.

    Rendered while parsing, so it sees no warehouse: dim_customers_v2
#}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
    {{ return(adapter.dispatch('generate_alias_name', 'dbt')(custom_alias_name, node)) }}
{%- endmacro %}

{% macro default__generate_alias_name(custom_alias_name=none, node=none) -%}
    {%- if custom_alias_name -%}
        {{ custom_alias_name | trim }}
    {%- elif node.version -%}
        {{ return(node.name ~ '_v' ~ (node.version | replace('.', '_'))) }}
    {%- else -%}
        {{ node.name }}
    {%- endif -%}
{%- endmacro %}
