{#
    unique(model, column_name): generic test; one row for every value that occurs more than once.

    duckdb    select
                  dr_no as unique_field,
                  count(*) as n_records
              from "dev"."main"."stg_crime"
              where dr_no is not null
              group by dr_no
              having count(*) > 1
    bigquery  the same, over a subquery that names the value first
#}
{% test unique(model, column_name) %}
    {{ adapter.dispatch('test_unique', 'dbt')(model, column_name) }}
{% endtest %}

{% macro default__test_unique(model, column_name) %}

select
    {{ column_name }} as unique_field,
    count(*) as n_records

from {{ model }}
where {{ column_name }} is not null
group by {{ column_name }}
having count(*) > 1

{% endmacro %}

{# BigQuery would take an alias equal to a column of the table for that column, so the value is named in a subquery. #}
{% macro bigquery__test_unique(model, column_name) %}

with dbt_test__target as (

  select {{ column_name }} as unique_field
  from {{ model }}
  where {{ column_name }} is not null

)

select
    unique_field,
    count(*) as n_records

from dbt_test__target
group by unique_field
having count(*) > 1

{% endmacro %}
