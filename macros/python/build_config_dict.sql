{#
    build_config_dict(model): the configs that a model in Python asks for, as Python.

    both      config_dict = {'materialized': 'table'}
              meta_dict = {}
#}
{% macro build_config_dict(model) %}
    {%- set values, metas = {}, {} -%}
    {%- for key, fallback in zip(model.config.config_keys_used or [], model.config.config_keys_defaults or []) -%}
        {%- do values.update({key: model.config.get(key, fallback)}) -%}
    {%- endfor -%}
    {%- for key, fallback in zip(model.config.meta_keys_used or [], model.config.meta_keys_defaults or []) -%}
        {%- do metas.update({key: (model.config.meta or {}).get(key, fallback)}) -%}
    {%- endfor %}
config_dict = {{ values }}
meta_dict = {{ metas }}
{% endmacro %}
