{#
    drop_relation(relation): drops a relation of any kind, if it is there. Joins the node's transaction if that has begun.

    duckdb    drop table if exists "dev"."main"."stg_crime" cascade
    bigquery  drop table if exists `dev`.`main`.`stg_crime`
#}
{% macro drop_relation(relation) -%}
    {{ return(adapter.dispatch('drop_relation', 'dbt')(relation)) }}
{%- endmacro %}

{% macro default__drop_relation(relation) -%}
    {%- call statement('drop_relation', auto_begin=false) -%}
        {{ get_drop_sql(relation) }}
    {%- endcall -%}
{%- endmacro %}

{# DuckLake knows no `cascade`. #}
{% macro duckdb__drop_relation(relation) -%}
    {%- call statement('drop_relation', auto_begin=false) -%}
        drop {{ relation.type }} if exists {{ relation.render() }}{{ ' cascade' if not adapter.is_ducklake(relation) }}
    {%- endcall -%}
{%- endmacro %}

{% macro bigquery__drop_relation(relation) -%}
    {{ return(default__drop_relation(relation)) }}
{%- endmacro %}
