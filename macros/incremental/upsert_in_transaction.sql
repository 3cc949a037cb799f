{#
    upsert_in_transaction(existing_relation, target_relation, compiled_code, on_schema_change, language): puts the
    model's new rows into a temporary table, reconciles the columns, and runs the strategy's statements as the node's
    main one. The caller commits.

    duckdb    create temporary table "fact_crimes__dbt_tmp" as (…);
              insert into "dev"."main"."fact_crimes" ("dr_no") (select "dr_no" from "fact_crimes__dbt_tmp")
#}
{% macro upsert_in_transaction(existing_relation, target_relation, compiled_code, on_schema_change, language='sql') %}
    {%- set strategy = adapter.get_incremental_strategy_macro(context, config.get('incremental_strategy') or 'default') -%}
    {%- set scratch = duckdb__dispatch_temporary_relation(target_relation) -%}
    {%- call statement('create_scratch', language=language) -%}
        {{ create_table_as(scratch.temporary, scratch.relation, compiled_code, language) }}
    {%- endcall -%}

    {%- if not config.get('contract').enforced -%}
        {%- do adapter.expand_target_column_types(from_relation=scratch.relation, to_relation=target_relation) -%}
    {%- endif -%}
    {%- set columns = process_schema_changes(on_schema_change, scratch.relation, existing_relation) -%}
    {%- set build_sql = strategy({
        'target_relation': target_relation,
        'temp_relation': scratch.relation,
        'unique_key': config.get('unique_key'),
        'dest_columns': columns or adapter.get_columns_in_relation(existing_relation),
        'incremental_predicates': config.get('predicates', none) or config.get('incremental_predicates', none),
    }) -%}
    {%- call statement('main') -%}
        {{ build_sql }}
    {%- endcall -%}
{{ drop_relation(scratch.relation.incorporate(type='table')) }}
{% endmacro %}
