{#
    scalar_function_body_sql(): the body of a function in SQL.

    duckdb    $$ age >= 18 $$ LANGUAGE SQL
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
