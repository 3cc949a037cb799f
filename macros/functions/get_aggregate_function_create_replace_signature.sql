{#
    get_aggregate_function_create_replace_signature(target_relation): the head of an aggregate function.

    both      CREATE OR REPLACE AGGREGATE FUNCTION `dev`.`main`.`span` (x INT64)
              RETURNS INT64
              AS
#}
{% macro get_aggregate_function_create_replace_signature(target_relation) %}
    {{ return(adapter.dispatch('get_aggregate_function_create_replace_signature', 'dbt')(target_relation)) }}
{% endmacro %}

{% macro default__get_aggregate_function_create_replace_signature(target_relation) %}
CREATE OR REPLACE AGGREGATE FUNCTION {{ target_relation.render() }} ({{ get_formatted_aggregate_function_args() }})
RETURNS {{ model.returns.data_type }}
{{ get_function_language_specifier() }}
{{ get_aggregate_function_volatility_specifier() }}
{{ get_function_python_options() if model.get('language') == 'python' }}
AS
{% endmacro %}
