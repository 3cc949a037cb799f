{#
    scalar_function_sql(target_relation): the statement that makes a function in SQL.

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
