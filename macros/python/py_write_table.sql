{#
    py_write_table(…): the Python around a model's code that writes its table. Takes the arguments of both warehouses.
    Refused: models in Python are not run yet.
#}
{% macro py_write_table(
    temporary=none, relation=none, compiled_code=none, partitioned_by=none, sorted_by=none, target_relation=none
) -%}
    {{ exceptions.raise_compiler_error('models in python are not supported yet') }}
{%- endmacro %}
