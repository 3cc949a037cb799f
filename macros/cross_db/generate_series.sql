{#
    generate_series(upper_bound): a query with the whole numbers from 1 to `upper_bound` in `generated_number`.

    duckdb    select
                  generate_series as generated_number
              from generate_series(1, 10)
    bigquery  sums of powers of two over a cross join: with p as (…), unioned as (…) select * from unioned …
#}
{% macro generate_series(upper_bound) %}
    {{ return(adapter.dispatch('generate_series', 'dbt')(upper_bound)) }}
{% endmacro %}

{% macro default__generate_series(upper_bound) %}
    {%- set digit_count = dbt.get_powers_of_two(upper_bound) %}
    with p as (
        select 0 as generated_number union all select 1
    ), unioned as (

    select

    {% for digit in range(digit_count) %}
    p{{ digit }}.generated_number * power(2, {{ digit }})
    {{ '+' if not loop.last }}
    {% endfor %}
    + 1
    as generated_number

    from

    {% for digit in range(digit_count) %}
    p as p{{ digit }}
    {{ 'cross join' if not loop.last }}
    {% endfor %}

    )

    select *
    from unioned
    where generated_number <= {{ upper_bound }}
    order by generated_number
{% endmacro %}

{% macro duckdb__generate_series(upper_bound) %}
    select
        generate_series as generated_number
    from generate_series(1, {{ upper_bound }})
{% endmacro %}
