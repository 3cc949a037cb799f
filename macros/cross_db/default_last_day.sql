{#
    default_last_day(date, datepart): one day before the start of the next period; `last_day` of most warehouses.

    duckdb    cast((… + cast(-1 as bigint) * interval 1 day) as date)
    bigquery  cast(datetime_add(…, interval -1 day) as date)
#}
{% macro default_last_day(date, datepart) -%}
    {%- set next_period = dbt.dateadd(datepart, '1', dbt.date_trunc(datepart, date)) -%}
    cast(
        {{ dbt.dateadd('day', '-1', next_period) }}
        as date)
{%- endmacro %}
