{#
    get_select_subquery(sql): a query's columns in the order of the model's contract.

    both      select id, area
              from (
                  …
              ) as model_subq
#}
{% macro get_select_subquery(sql) %}
    {{ return(adapter.dispatch('get_select_subquery', 'dbt')(sql)) }}
{% endmacro %}

{% macro default__get_select_subquery(sql) -%}
select {{ adapter.dispatch('get_column_names', 'dbt')() }}
from (
{{ sql }}
) as model_subq
{%- endmacro %}

{% macro bigquery__get_select_subquery(sql) -%}
    {{ return(default__get_select_subquery(sql)) }}
{%- endmacro %}
