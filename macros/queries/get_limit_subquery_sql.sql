{#
    get_limit_subquery_sql(sql, limit): a query cut to so many rows; whole when `limit` is none. Dialects are named
    `get_limit_sql`.

    both      select * from crimes
              limit 5
#}
{% macro get_limit_subquery_sql(sql, limit) -%}
    {{ adapter.dispatch('get_limit_sql', 'dbt')(sql, limit) }}
{%- endmacro %}

{% macro default__get_limit_sql(sql, limit) %}
  {{ sql }}
  {% if limit is not none %}
  limit {{ limit }}
  {%- endif -%}
{% endmacro %}
