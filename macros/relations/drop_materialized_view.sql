{#
    drop_materialized_view(relation): the statement that drops a materialized view, if it is there. DuckDB has none.

    bigquery  drop materialized view if exists `dev`.`main`.`crime_counts`
#}
{% macro drop_materialized_view(relation) -%}
    {{ adapter.dispatch('drop_materialized_view', 'dbt')(relation) }}
{%- endmacro %}

{% macro default__drop_materialized_view(relation) -%}
drop materialized view if exists {{ relation.render() }} cascade
{%- endmacro %}

{% macro bigquery__drop_materialized_view(relation) -%}
drop materialized view if exists {{ relation.render() }}
{%- endmacro %}
