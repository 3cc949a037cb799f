{#
    How a view is made. On DuckDB the old relation goes and the new one comes in one transaction, whatever kind the old
    one was. On BigQuery a view replaces a view in one statement; a table in its place is an error unless --full-refresh
    says that it may go.

    duckdb    create view "dev"."main"."stg_crime" as (…);
    bigquery  create or replace view `dev`.`main`.`stg_crime` OPTIONS(…) as …;
#}
{% materialization view, default %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='view') -%}

    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}

    {%- do adapter.ensure_transaction() -%}
    {{ drop_leftovers(target_relation) }}
    {{ drop_relation_if_exists(existing_relation) }}
    {%- call statement('main') -%}
        {{ get_create_view_as_sql(target_relation, sql) }}
    {%- endcall -%}

    {%- do apply_grants(target_relation, config.get('grants'), should_revoke(existing_relation, full_refresh_mode=true)) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=true) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=false) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% materialization view, adapter='bigquery' %}
    {%- set made = create_or_replace_view() -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {%- do persist_docs(target_relation, model, for_relation=false) -%}
    {%- for grant_target in config.get('grant_access_to') or [] -%}
        {%- do adapter.grant_access_to(target_relation, 'view', none, grant_target) -%}
    {%- endfor -%}
    {{ return(made) }}
{% endmaterialization %}
