{#
    bigframes_write_table(compiled_code, target_relation): the Python around a model's code that writes its table by
    BigQuery DataFrames. Refused: models in Python are not run yet.
#}
{% macro bigframes_write_table(compiled_code, target_relation) -%}
    {{ exceptions.raise_compiler_error('models in python are not supported yet') }}
{%- endmacro %}
