{#
    drop_table(relation): the statement that drops a table, if it is there.

    duckdb    drop table if exists "dev"."main"."stg_crime" cascade
    bigquery  drop table if exists `dev`.`main`.`stg_crime`
#}
{% macro drop_table(relation) -%}
    {{ adapter.dispatch('drop_table', 'dbt')(relation) }}
{%- endmacro %}

{% macro default__drop_table(relation) -%}
drop table if exists {{ relation.render() }} cascade
{%- endmacro %}

{% macro bigquery__drop_table(relation) -%}
drop table if exists {{ relation.render() }}
{%- endmacro %}
