{#
    scalar_function_body_sql(): the body of a function in SQL; on DuckDB as what it says it returns, and that of an
    overload if one is given.

    duckdb    cast(( age >= 18 ) as boolean)
    bigquery  ( age >= 18 )
#}
{% macro scalar_function_body_sql() %}
    {{ return(adapter.dispatch('scalar_function_body_sql', 'dbt')()) }}
{% endmacro %}

{% macro default__scalar_function_body_sql() %}
$$
   {{ model.compiled_code }}
$$ LANGUAGE SQL
{% endmacro %}

{% macro bigquery__scalar_function_body_sql() %}
(
   {{ model.compiled_code }}
)
{% endmacro %}

{% macro duckdb__scalar_function_body_sql(body=none, returns=none) -%}
cast((
{{ body if body is not none else model.compiled_code }}
) as {{ (returns or model.returns).data_type }})
{%- endmacro %}
