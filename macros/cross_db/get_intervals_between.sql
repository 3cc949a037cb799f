{#
    get_intervals_between(start_date, end_date, datepart): how many periods lie between two SQL expressions, asked of
    the warehouse; 1 while nothing can be asked.

    duckdb    asks select (date_diff('day', a::timestamp, b::timestamp ))
    bigquery  asks select datetime_diff(cast(b as datetime), cast(a as datetime), day)
#}
{% macro get_intervals_between(start_date, end_date, datepart) -%}
    {{ return(adapter.dispatch('get_intervals_between', 'dbt')(start_date, end_date, datepart)) }}
{%- endmacro %}

{% macro default__get_intervals_between(start_date, end_date, datepart) -%}
    {%- call statement('get_intervals_between', fetch_result=true) %}
        select {{ dbt.datediff(start_date, end_date, datepart) }}
    {%- endcall -%}
    {%- set answer = load_result('get_intervals_between') -%}
    {{ return(answer['data'][0][0] if answer and answer['data'] else 1) }}
{%- endmacro %}
