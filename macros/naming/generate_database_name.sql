{#
    generate_database_name(custom_database_name=none, node=none): the database (BigQuery: project) a node lies in: its
    `database` config, or the target's. Projects may replace it.

    Rendered while parsing, so it sees no warehouse: analytics
#}
{% macro generate_database_name(custom_database_name=none, node=none) -%}
    {{ return(adapter.dispatch('generate_database_name', 'dbt')(custom_database_name, node)) }}
{%- endmacro %}

{% macro default__generate_database_name(custom_database_name=none, node=none) -%}
    {%- if custom_database_name is none -%}
        {{ target.database }}
    {%- else -%}
        {{ custom_database_name }}
    {%- endif -%}
{%- endmacro %}
