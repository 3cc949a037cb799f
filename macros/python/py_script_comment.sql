{#
    py_script_comment(): what else is to stand behind a model's code in Python; nothing, unless a project says so.
#}
{% macro py_script_comment() %}
{% endmacro %}
