{#
    get_test_sql(main_sql, fail_calc, warn_if, error_if, limit): the query a data test runs: one row with the number of
    failures and whether that is a warning or an error.

    both      select
                  count(*) as failures,
                  count(*) != 0 as should_warn,
                  count(*) != 0 as should_error
              from (
                  …
                  limit 100
              ) dbt_internal_test
#}
{% macro get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
    {{ adapter.dispatch('get_test_sql', 'dbt')(main_sql, fail_calc, warn_if, error_if, limit) }}
{%- endmacro %}

{% macro default__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
    select
      {{ fail_calc }} as failures,
      {{ fail_calc }} {{ warn_if }} as should_warn,
      {{ fail_calc }} {{ error_if }} as should_error
    from (
      {{ main_sql }}
      {{ 'limit ' ~ limit if limit is not none }}
    ) dbt_internal_test
{%- endmacro %}
