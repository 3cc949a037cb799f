{#
    not_null(model, column_name): generic test; the rows in which the column is null, whole when failures are stored.

    both      select dr_no
              from "dev"."main"."stg_crime"
              where dr_no is null
#}
{% test not_null(model, column_name) %}
    {{ adapter.dispatch('test_not_null', 'dbt')(model, column_name) }}
{% endtest %}

{% macro default__test_not_null(model, column_name) %}

select {{ '*' if should_store_failures() else column_name }}
from {{ model }}
where {{ column_name }} is null

{% endmacro %}
