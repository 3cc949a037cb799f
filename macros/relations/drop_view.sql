{#
    drop_view(relation): the statement that drops a view, if it is there.

    duckdb    drop view if exists "dev"."main"."stg_crime" cascade
    bigquery  drop view if exists `dev`.`main`.`stg_crime`
#}
{% macro drop_view(relation) -%}
    {{ adapter.dispatch('drop_view', 'dbt')(relation) }}
{%- endmacro %}

{% macro default__drop_view(relation) -%}
drop view if exists {{ relation.render() }} cascade
{%- endmacro %}

{% macro bigquery__drop_view(relation) -%}
drop view if exists {{ relation.render() }}
{%- endmacro %}
