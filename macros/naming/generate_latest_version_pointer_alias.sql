{#
    generate_latest_version_pointer_alias(custom_alias_name=none, node=none): the name of the view that points to the
    latest version of a versioned model. Projects may replace it.

    Rendered while parsing, so it sees no warehouse: dim_customers
#}
{% macro generate_latest_version_pointer_alias(custom_alias_name=none, node=none) -%}
    {{ return(adapter.dispatch('generate_latest_version_pointer_alias', 'dbt')(custom_alias_name, node)) }}
{%- endmacro %}

{% macro default__generate_latest_version_pointer_alias(custom_alias_name=none, node=none) -%}
    {{ custom_alias_name | trim if custom_alias_name else node.name }}
{%- endmacro %}
