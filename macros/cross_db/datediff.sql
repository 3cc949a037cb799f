{#
    datediff(first_date, second_date, datepart): how many borders of the period lie between the two; negative when
    the second is earlier.

    duckdb    (date_diff('day', a::timestamp, b::timestamp ))
    bigquery  datetime_diff(
                  cast(b as datetime),
                  cast(a as datetime),
                  day
              )
#}
{% macro datediff(first_date, second_date, datepart) %}
    {{ return(adapter.dispatch('datediff', 'dbt')(first_date, second_date, datepart)) }}
{% endmacro %}

{% macro default__datediff(first_date, second_date, datepart) -%}
    datediff(
        {{ datepart }},
        {{ first_date }},
        {{ second_date }}
        )
{%- endmacro %}

{# Weeks start on Sunday here as everywhere else in dbt; DuckDB's own weeks start on Monday. #}
{% macro duckdb__datediff(first_date, second_date, datepart) %}
    {% if datepart == 'week' -%}
    ({{ datediff(first_date, second_date, 'day') }} // 7 + case
            when date_part('dow', ({{ first_date }})::timestamp) <= date_part('dow', ({{ second_date }})::timestamp) then
                case when {{ first_date }} <= {{ second_date }} then 0 else -1 end
            else
                case when {{ first_date }} <= {{ second_date }} then 1 else 0 end
        end)
    {%- else -%}
    (date_diff('{{ datepart }}', {{ first_date }}::timestamp, {{ second_date }}::timestamp ))
    {%- endif %}
    {% endmacro %}

{% macro bigquery__datediff(first_date, second_date, datepart) %}
    datetime_diff(
        cast({{ second_date }} as datetime),
        cast({{ first_date }} as datetime),
        {{ datepart }}
    )
    {% endmacro %}
