{#
    create_or_replace_view(): makes the model's view where a view replaces a view in one statement; the whole of such a
    materialization, hooks and grants included. What is in its way and no view is left to `handle_existing_table`.

    bigquery  create or replace view `dev`.`main`.`stg_crime` OPTIONS() as …;
#}
{% macro create_or_replace_view() %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {%- set has_view = existing_relation is not none and existing_relation.is_view -%}

    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}

    {%- if existing_relation is not none and not has_view -%}
        {{ handle_existing_table(should_full_refresh(), existing_relation) }}
    {%- endif -%}
    {%- call statement('main') -%}
        {%- if existing_relation is none or has_view -%}
        {{ get_create_view_as_sql(target_relation, sql) }}
        {%- else -%}
        {{ get_replace_sql(existing_relation, target_relation, sql) }}
        {%- endif -%}
    {%- endcall -%}

    {%- do apply_grants(target_relation, config.get('grants'), should_revoke(has_view, full_refresh_mode=true)) -%}
    {{ run_hooks(post_hooks, inside_transaction=true) }}
    {{ run_hooks(post_hooks, inside_transaction=false) }}
    {{ return({'relations': [target_relation]}) }}
{% endmacro %}

{% macro bigquery__create_or_replace_view() %}
    {{ return(create_or_replace_view()) }}
{% endmacro %}
