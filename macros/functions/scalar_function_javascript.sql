{#
    bigquery__scalar_function_javascript(target_relation): the statement that makes a function in JavaScript.

    bigquery  CREATE OR REPLACE FUNCTION … RETURNS BOOL DETERMINISTIC LANGUAGE js AS r''' … '''
#}
{% macro bigquery__scalar_function_javascript(target_relation) %}
    {{ bigquery__scalar_function_create_replace_signature_javascript(target_relation) }}
{{ bigquery__get_function_body() }}
{% endmacro %}

{% macro bigquery__scalar_function_create_replace_signature_javascript(target_relation) %}
CREATE OR REPLACE FUNCTION {{ target_relation.render() }} ({{ formatted_scalar_function_args_sql() }})
RETURNS {{ model.returns.data_type }}
{{ scalar_function_volatility_javascript() }}
LANGUAGE js
AS
{% endmacro %}
