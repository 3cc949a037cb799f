{#
    How a table is made. On DuckDB it is built beside the old one and takes its place in one transaction, so a model that
    fails, or a process that dies, leaves the old table as it was. On BigQuery `create or replace` does that in one
    statement; where it cannot, because the partitioning or the kind changed, the table is built beside and swapped in.

    duckdb    create table "dev"."main"."fact_crimes__dbt_tmp" as (…);
    bigquery  create or replace table `dev`.`main`.`fact_crimes` partition by … OPTIONS(…) as (…);
#}
{% materialization table, default, supported_languages=['sql', 'python'] %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}

    {{ build_table_in_transaction(existing_relation, target_relation, compiled_code, model['language']) }}
    {%- do create_indexes(target_relation) -%}

    {{ run_hooks(post_hooks, inside_transaction=true) }}
    {%- do apply_grants(target_relation, config.get('grants'), should_revoke(existing_relation, full_refresh_mode=true)) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=false) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {{ return(materialization_table_default()) }}
{% endmaterialization %}

{% materialization table, adapter='bigquery', supported_languages=['sql', 'python'] %}
    {%- set existing_relation = load_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}

    {{ bigquery__build_table(existing_relation, target_relation, compiled_code, model['language']) }}

    {{ run_hooks(post_hooks, inside_transaction=true) }}
    {%- do apply_grants(target_relation, config.get('grants'), should_revoke(existing_relation, full_refresh_mode=true)) -%}
    {%- do persist_docs(target_relation, model, for_relation=false) -%}
    {{ run_hooks(post_hooks, inside_transaction=false) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
