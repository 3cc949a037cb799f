{#
    How a model becomes a table function: a query with parameters (`parameters`, one or a list), which reads what its
    tables hold when it is called.

    duckdb    create or replace function "dev"."main"."crimes_of"(area) as table (
                  select …
              );
#}
{% materialization table_function, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='view') -%}
    {%- set parameters = config.get('parameters') or [] -%}

    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}
    {%- call statement('main') -%}
    create or replace function {{ target_relation.render() }}(
        {{- parameters if parameters is string or parameters is number else parameters | join(', ') -}}
    ) as table (
    {{ sql }}
    );
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=true) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=false) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
