{#
    dateadd(datepart, interval, from_date_or_timestamp): that many parts later; a negative number is earlier.

    duckdb    (crime_date + cast(1 as bigint) * interval 1 day)
    bigquery  datetime_add(
                  cast( crime_date as datetime),
              interval 1 day
              )
#}
{% macro dateadd(datepart, interval, from_date_or_timestamp) %}
    {{ return(adapter.dispatch('dateadd', 'dbt')(datepart, interval, from_date_or_timestamp)) }}
{% endmacro %}

{% macro default__dateadd(datepart, interval, from_date_or_timestamp) %}
    dateadd(
        {{ datepart }},
        {{ interval }},
        {{ from_date_or_timestamp }}
        )
{% endmacro %}

{#
    The number is multiplied with an interval of one, because DuckDB's parser takes only literals inside an interval.
    Quarters and weeks are written as months and days, which every version knows.
#}
{% macro duckdb__dateadd(datepart, interval, from_date_or_timestamp) %}
    {%- set part = datepart | lower -%}
    {%- set count = 'cast(' ~ interval ~ ' as bigint)' -%}
    {%- if part == 'quarter' -%}
        {%- set count, part = '(' ~ count ~ ' * 3)', 'month' -%}
    {%- elif part == 'week' -%}
        {%- set count, part = '(' ~ count ~ ' * 7)', 'day' -%}
    {%- endif %}
    ({{ from_date_or_timestamp }} + {{ count }} * interval 1 {{ part }})
{%- endmacro %}

{% macro bigquery__dateadd(datepart, interval, from_date_or_timestamp) %}
    datetime_add(
        cast( {{ from_date_or_timestamp }} as datetime),
    interval {{ interval }} {{ datepart }}
    )
{% endmacro %}
