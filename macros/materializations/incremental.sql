{#
    How an incremental model runs. The first time, with --full-refresh, and where a view is in the way, as a table;
    otherwise its new rows are put into the table by its `incremental_strategy`, after the columns were reconciled by
    `on_schema_change`.

    On DuckDB all of that is one transaction. On BigQuery it is one statement or script; new rows are first put into a
    table of their own where their columns or partitions must be known.

    duckdb    create temporary table "fact_crimes__dbt_tmp" as (…);
              delete from … where (dr_no) in (select (dr_no) from "fact_crimes__dbt_tmp"); insert into …
    bigquery  merge into `dev`.`main`.`fact_crimes` as DBT_INTERNAL_DEST using (…) as DBT_INTERNAL_SOURCE on …
#}
{% materialization incremental, default, supported_languages=['sql', 'python'] %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set full_refresh_mode = should_full_refresh() or (existing_relation is not none and not existing_relation.is_table) -%}
    {%- set is_new = existing_relation is none or full_refresh_mode -%}
    {%- set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') -%}

    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}

    {%- if is_new -%}
        {{ build_table_in_transaction(existing_relation, target_relation, compiled_code, model['language']) }}
        {%- do create_indexes(target_relation) -%}
    {%- else -%}
        {{ upsert_in_transaction(existing_relation, target_relation, compiled_code, on_schema_change, model['language']) }}
    {%- endif -%}

    {%- do apply_grants(target_relation, config.get('grants'), should_revoke(existing_relation, full_refresh_mode)) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=true) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=false) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% materialization incremental, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {{ return(materialization_incremental_default()) }}
{% endmaterialization %}

{% materialization incremental, adapter='bigquery', supported_languages=['sql', 'python'] %}
    {%- set existing_relation = load_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set full_refresh_mode = should_full_refresh() -%}
    {%- set is_new = existing_relation is none or full_refresh_mode or not existing_relation.is_table -%}
    {%- set language = model['language'] -%}
    {%- set strategy = dbt_bigquery_validate_get_incremental_strategy(config) -%}
    {%- set partitioning = adapter.parse_partition_by(config.get('partition_by', none)) -%}
    {%- set copies_partitions = partitioning is not none and partitioning.copy_partitions -%}
    {%- if copies_partitions and strategy not in ['insert_overwrite', 'microbatch'] -%}
        {{ exceptions.raise_compiler_error(
            "The 'copy_partitions' option requires the 'incremental_strategy' option to be set to 'insert_overwrite' or 'microbatch'."
        ) }}
    {%- endif -%}

    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}

    {%- if is_new -%}
        {{ bigquery__build_table(existing_relation, target_relation, compiled_code, language) }}
    {%- else -%}
        {{ bigquery__upsert(existing_relation, target_relation, compiled_code, strategy, partitioning) }}
    {%- endif -%}

    {{ run_hooks(post_hooks, inside_transaction=true) }}
    {%- do apply_grants(target_relation, config.get('grants'), should_revoke(existing_relation, full_refresh_mode)) -%}
    {%- do persist_docs(target_relation, model, for_relation=not is_new) -%}
    {{ run_hooks(post_hooks, inside_transaction=false) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
