{#
    get_empty_subquery_sql(select_sql, select_sql_header=none): a query with the columns of another and no rows.

    duckdb    select * from (
                  …
              ) as __dbt_sbq
              where false
              limit 0
    bigquery  the same, where false and current_timestamp() = current_timestamp(), which is never answered from cache
#}
{% macro get_empty_subquery_sql(select_sql, select_sql_header=none) -%}
    {{ return(adapter.dispatch('get_empty_subquery_sql', 'dbt')(select_sql, select_sql_header)) }}
{%- endmacro %}

{% macro default__get_empty_subquery_sql(select_sql, select_sql_header=none) %}
    {%- if select_sql_header is not none -%}
{{ select_sql_header }}
    {%- endif -%}
select * from (
    {{ select_sql }}
) as __dbt_sbq
where false
limit 0
{% endmacro %}

{# A header cannot stand inside `describe (…)`: it is run on its own, and what it sets stays set. #}
{% macro duckdb__get_empty_subquery_sql(select_sql, select_sql_header=none) %}
    {%- if select_sql_header is not none -%}
        {%- do run_query(select_sql_header) -%}
    {%- endif -%}
    {{ return(default__get_empty_subquery_sql(select_sql)) }}
{% endmacro %}

{% macro bigquery__get_empty_subquery_sql(select_sql, select_sql_header=none) %}
    {%- if select_sql_header is not none -%}
{{ select_sql_header }}
    {%- endif -%}
select * from (
    {{ select_sql }}
) as __dbt_sbq
where false and current_timestamp() = current_timestamp()
limit 0
{% endmacro %}
