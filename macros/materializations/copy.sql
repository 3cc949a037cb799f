{#
    How a model that copies tables is made: one copy job of all that it refers to, without SQL, which replaces the table
    or, with `copy_materialization: incremental`, adds to it.
#}
{% materialization copy, adapter='bigquery' %}
    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}

    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set sources = [] -%}
    {%- for parent in model.refs -%}
        {%- set names = [parent.package, parent.name] if parent.package else [parent.name] -%}
        {%- do sources.append(ref(*names, version=parent.version) if parent.version else ref(*names)) -%}
    {%- endfor -%}
    {%- for parent in model.sources -%}
        {%- do sources.append(source(*parent)) -%}
    {%- endfor -%}
    {%- set response = adapter.copy_table(sources, target_relation, config.get('copy_materialization', default='table')) -%}
    {{ store_result('main', response=response) }}

    {{ run_hooks(post_hooks, inside_transaction=true) }}
    {%- do apply_grants(target_relation, config.get('grants'), should_revoke=true) -%}
    {{ run_hooks(post_hooks, inside_transaction=false) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
