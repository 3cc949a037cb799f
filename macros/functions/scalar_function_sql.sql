{#
    scalar_function_sql(target_relation): the statement that makes a function in SQL. DuckDB keeps all overloads of a
    name in one.

    duckdb    create or replace function "dev"."main"."area" (side) as
              cast((
              side * side
              ) as double),
              (width, height) as
              cast((
              width * height
              ) as double)
    bigquery  CREATE OR REPLACE FUNCTION `dev`.`main`.`is_adult` (age INT64)
              RETURNS BOOL
              AS
              (
                 age >= 18
              );
#}
{% macro scalar_function_sql(target_relation) %}
    {{ return(adapter.dispatch('scalar_function_sql', 'dbt')(target_relation)) }}
{% endmacro %}

{% macro default__scalar_function_sql(target_relation) %}
    {{ scalar_function_create_replace_signature_sql(target_relation) }}
{{ scalar_function_body_sql() }};
{% endmacro %}

{% macro duckdb__scalar_function_sql(target_relation) -%}
    {{ scalar_function_create_replace_signature_sql(target_relation) }}
{{ scalar_function_body_sql() }}
    {%- for overload in model.get('overloads') or [] -%}
,
({{ duckdb__formatted_scalar_function_args_sql(overload.arguments) }}) as
{{ duckdb__scalar_function_body_sql(overload.compiled_body, overload.returns or model.returns) }}
    {%- endfor -%}
{%- endmacro %}
