{#
    bigquery__aggregate_function_sql(target_relation), bigquery__aggregate_function_javascript(target_relation): the
    statements that make an aggregate function.

    bigquery  CREATE OR REPLACE AGGREGATE FUNCTION `dev`.`main`.`span` (x INT64) RETURNS INT64 AS ( max(x) - min(x) )
#}
{% macro bigquery__aggregate_function_sql(target_relation) %}
    {{ get_aggregate_function_create_replace_signature(target_relation) }}
{{ scalar_function_body_sql() }}
{% endmacro %}

{% macro bigquery__aggregate_function_javascript(target_relation) %}
    {{ get_aggregate_function_create_replace_signature(target_relation) }}
{{ bigquery__get_function_body() }}
{% endmacro %}
