{#
    scalar_function_create_replace_signature_sql(target_relation): the head of a function in SQL.

    duckdb    create or replace function "dev"."main"."is_adult" (age) as
    bigquery  CREATE OR REPLACE FUNCTION `dev`.`main`.`is_adult` (age INT64)
              RETURNS BOOL
              AS
#}
{% macro scalar_function_create_replace_signature_sql(target_relation) %}
    {{ return(adapter.dispatch('scalar_function_create_replace_signature_sql', 'dbt')(target_relation)) }}
{% endmacro %}

{% macro default__scalar_function_create_replace_signature_sql(target_relation) %}
CREATE OR REPLACE FUNCTION {{ target_relation.render() }} ({{ formatted_scalar_function_args_sql() }})
RETURNS {{ model.returns.data_type }}
{{ scalar_function_volatility_sql() }}
AS
{% endmacro %}

{% macro bigquery__scalar_function_create_replace_signature_sql(target_relation) %}
    {{ return(default__scalar_function_create_replace_signature_sql(target_relation)) }}
{% endmacro %}

{% macro duckdb__scalar_function_create_replace_signature_sql(target_relation) -%}
    {%- do scalar_function_volatility_sql() -%}
create or replace function {{ target_relation.render() }} ({{ formatted_scalar_function_args_sql() }}) as
{%- endmacro %}
