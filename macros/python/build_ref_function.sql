{#
    build_ref_function(model): the Python function by which a model in Python reads other models.

    both      def ref(*args, **kwargs): …
#}
{% macro build_ref_function(model) %}
    {%- set names = {} -%}
    {%- for parent in model.refs -%}
        {%- set arguments = [parent.package, parent.name] if parent.package else [parent.name] -%}
        {%- set relation = ref(*arguments, version=parent.version) if parent.version else ref(*arguments) -%}
        {%- if parent.version -%}
            {%- do arguments.append('v' ~ parent.version) -%}
        {%- endif -%}
        {%- do names.update({arguments | join('.'): resolve_model_name(relation.render() if relation.render is defined else relation)}) -%}
    {%- endfor %}
def ref(*args, **kwargs):
    names = {{ names | tojson }}
    version = kwargs.get("v") or kwargs.get("version")
    key = ".".join(args) + (f".v{version}" if version else "")
    return kwargs["dbt_load_df_function"](names[key])
{% endmacro %}
