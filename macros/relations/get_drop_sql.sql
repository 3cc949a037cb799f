{#
    get_drop_sql(relation): the statement that drops a relation of any kind, if it is there.

    duckdb    drop table if exists "dev"."main"."stg_crime" cascade
    bigquery  drop table if exists `dev`.`main`.`stg_crime`
#}
{% macro get_drop_sql(relation) -%}
    {{ adapter.dispatch('get_drop_sql', 'dbt')(relation) }}
{%- endmacro %}

{% macro default__get_drop_sql(relation) -%}
    {%- if relation.is_view -%}
        {{ drop_view(relation) }}
    {%- elif relation.is_table -%}
        {{ drop_table(relation) }}
    {%- elif relation.is_materialized_view -%}
        {{ drop_materialized_view(relation) }}
    {%- else -%}
    drop {{ relation.type }} if exists {{ relation.render() }} cascade
    {%- endif -%}
{%- endmacro %}

{% macro bigquery__get_drop_sql(relation) -%}
    {%- if relation.type == 'external' -%}
    drop external table if exists {{ relation.render() }}
    {%- else -%}
        {{ default__get_drop_sql(relation) }}
    {%- endif -%}
{%- endmacro %}
