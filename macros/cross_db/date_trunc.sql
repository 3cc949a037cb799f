{#
    date_trunc(datepart, date): the start of the period that the moment lies in.

    duckdb    date_trunc('month', crime_date)
    bigquery  timestamp_trunc(
                  cast(crime_date as timestamp),
                  month
              )
#}
{% macro date_trunc(datepart, date) -%}
    {{ return(adapter.dispatch('date_trunc', 'dbt')(datepart, date)) }}
{%- endmacro %}

{% macro default__date_trunc(datepart, date) -%}
    date_trunc('{{ datepart }}', {{ date }})
{%- endmacro %}

{% macro bigquery__date_trunc(datepart, date) -%}
    timestamp_trunc(
        cast({{ date }} as timestamp),
        {{ datepart }}
    )
{%- endmacro %}
