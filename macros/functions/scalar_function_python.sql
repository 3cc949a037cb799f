{#
    bigquery__scalar_function_python(target_relation): the statement that makes a function in Python.

    bigquery  CREATE OR REPLACE FUNCTION … LANGUAGE python OPTIONS(runtime_version = "python-3.11", …) AS r''' … '''
#}
{% macro bigquery__scalar_function_python(target_relation) %}
    {{ bigquery__scalar_function_create_replace_signature_python(target_relation) }}
{{ bigquery__get_function_body() }}
{% endmacro %}

{% macro bigquery__scalar_function_create_replace_signature_python(target_relation) %}
CREATE OR REPLACE FUNCTION {{ target_relation.render() }} ({{ formatted_scalar_function_args_sql() }})
RETURNS {{ model.returns.data_type }}
LANGUAGE python
{{ get_function_python_options() }}
{{ scalar_function_volatility_sql() }}
AS
{% endmacro %}
