{#
    run_hooks(hooks, inside_transaction=true): runs the hooks that belong inside, or outside, the node's transaction, in
    their order. Their Jinja is rendered now, so they see the relation as it is at this moment. On BigQuery, which has
    no such transaction, both kinds run.

    both      grant select on "dev"."main"."stg_crime" to reader
#}
{% macro run_hooks(hooks, inside_transaction=true) %}
    {%- for hook in hooks | selectattr('transaction', 'equalto', inside_transaction) -%}
        {%- set text = render(hook.get('sql')) | trim -%}
        {%- if text -%}
            {%- call statement(auto_begin=inside_transaction) -%}
                {{ text }}
            {%- endcall -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
