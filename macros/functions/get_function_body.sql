{#
    bigquery__get_function_body(): the body of a function in another language than SQL.

    bigquery  r'''
              return age >= 18;
              '''
#}
{% macro bigquery__get_function_body() %}
r'''
{{ model.compiled_code }}
'''
{% endmacro %}
