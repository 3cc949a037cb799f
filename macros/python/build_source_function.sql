{#
    build_source_function(model): the Python function by which a model in Python reads sources.

    both      def source(*args, dbt_load_df_function): …
#}
{% macro build_source_function(model) %}
    {%- set names = {} -%}
    {%- for parent in model.sources -%}
        {%- do names.update({parent | join('.'): resolve_model_name(source(*parent))}) -%}
    {%- endfor %}
def source(*args, dbt_load_df_function):
    names = {{ names | tojson }}
    return dbt_load_df_function(names[".".join(args)])
{% endmacro %}
