{#
    get_function_python_options(): the clause that says how a function in Python runs.

    bigquery  OPTIONS(
                  runtime_version = "python-3.11",
                  entry_point = "main"
              )
#}
{% macro get_function_python_options() %}
    {{ return(adapter.dispatch('get_function_python_options', 'dbt')()) }}
{% endmacro %}

{% macro default__get_function_python_options() %}
RUNTIME_VERSION = '{{ model.config.get('runtime_version') }}'
HANDLER = '{{ model.config.get('entry_point') }}'
    {%- if model.config.get('packages') %}
PACKAGES = ('{{ model.config.get('packages') | join("','") }}')
    {%- endif %}
{% endmacro %}

{% macro bigquery__get_function_python_options() %}
OPTIONS(
    runtime_version = "python-{{ model.config.get('runtime_version') }}",
    entry_point = "{{ model.config.get('entry_point') }}"
    {%- if model.config.get('packages') %},
    packages = ['{{ model.config.get('packages') | join("', '") }}']
        {%- endif %}
)
{% endmacro %}
