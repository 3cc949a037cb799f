{#
    get_where_subquery(relation): what a generic test reads as its `model`: the relation, or the part of it that the
    test's `where` config keeps.

    both      (select * from "dev"."main"."stg_crime" where area is not null) dbt_subquery
#}
{% macro get_where_subquery(relation) -%}
    {{ return(adapter.dispatch('get_where_subquery', 'dbt')(relation)) }}
{%- endmacro %}

{% macro default__get_where_subquery(relation) -%}
    {%- set where = config.get('where', '') -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') dbt_subquery' if where else relation) }}
{%- endmacro %}
