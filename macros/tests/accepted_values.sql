{#
    accepted_values(model, column_name, values, quote=true): generic test; one row for every value outside the list,
    with its count. `quote` false writes the values as they are, for numbers. Nulls pass.

    both      with all_values as (
                  select
                      sex as value_field,
                      count(*) as n_records
                  from "dev"."main"."stg_crime"
                  group by sex
              )
              select *
              from all_values
              where value_field not in (
                  'Male','Female'
              )
#}
{% test accepted_values(model, column_name, values, quote=True) %}
    {{ adapter.dispatch('test_accepted_values', 'dbt')(model, column_name, values, quote) }}
{% endtest %}

{% macro default__test_accepted_values(model, column_name, values, quote=True) %}
{%- set mark = "'" if quote else '' %}

with all_values as (

    select
        {{ column_name }} as value_field,
        count(*) as n_records

    from {{ model }}
    group by {{ column_name }}

)

select *
from all_values
where value_field not in (
    {% for value in values %}{{ mark }}{{ value }}{{ mark }}{{ ',' if not loop.last }}{% endfor %}
)

{% endmacro %}
