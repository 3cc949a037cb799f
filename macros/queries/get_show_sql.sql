{#
    get_show_sql(compiled_code, sql_header, limit): what `show` runs.

    both      select * from crimes
              limit 5
#}
{% macro get_show_sql(compiled_code, sql_header, limit) -%}
  {%- if sql_header is not none -%}
  {{ sql_header }}
  {%- endif %}
  {{ get_limit_subquery_sql(compiled_code, limit) }}
{% endmacro %}
