{#
    date_spine(datepart, start_date, end_date): a query with one row per period, in `date_<datepart>`, from
    `start_date` up to but not including `end_date`.

    Asks the warehouse how many periods there are, so it needs a connection.

    both      with rawdata as (…), all_periods as (…), filtered as (…) select * from filtered
#}
{% macro date_spine(datepart, start_date, end_date) %}
    {{ return(adapter.dispatch('date_spine', 'dbt')(datepart, start_date, end_date)) }}
{% endmacro %}

{% macro default__date_spine(datepart, start_date, end_date) %}
    {%- set column = 'date_' ~ datepart -%}
    {%- set period_count = dbt.get_intervals_between(start_date, end_date, datepart) %}
    with rawdata as (

        {{ dbt.generate_series(period_count) }}

    ),

    all_periods as (

        select (
            {{ dbt.dateadd(datepart, 'row_number() over (order by 1) - 1', start_date) }}
        ) as {{ column }}
        from rawdata

    ),

    filtered as (

        select *
        from all_periods
        where {{ column }} <= {{ end_date }}

    )

    select * from filtered
{% endmacro %}
