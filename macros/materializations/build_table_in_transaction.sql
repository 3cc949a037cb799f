{#
    build_table_in_transaction(existing_relation, target_relation, compiled_code, language): makes the table, under its
    own name when nothing is there, else beside it and then in its place. The caller commits.

    A table with foreign keys is made in place: DuckDB remembers the name such a table was created under and never
    learns a new one, after which the table that it refers to could not be dropped.

    duckdb    create table … "fact_crimes__dbt_tmp" as (…); drop table … "fact_crimes" cascade;
              alter table … "fact_crimes__dbt_tmp" rename to "fact_crimes"
#}
{% macro build_table_in_transaction(existing_relation, target_relation, compiled_code, language='sql') %}
    {%- do adapter.ensure_transaction() -%}
    {{ drop_leftovers(target_relation) }}
    {%- if existing_relation is none -%}
        {{ create_table_with_layout(target_relation, target_relation, compiled_code, language) }}
    {%- elif 'foreign_key' in enforced_constraint_types() -%}
        {%- set set_aside = drop_relation_for_rebuild(existing_relation) -%}
        {{ create_table_with_layout(target_relation, target_relation, compiled_code, language) }}
        {%- do restore_foreign_key_dependents(set_aside) -%}
    {%- else -%}
        {%- set beside = make_intermediate_relation(target_relation) -%}
        {{ create_table_with_layout(beside, target_relation, compiled_code, language) }}
        {%- set set_aside = drop_relation_for_rebuild(existing_relation) -%}
        {%- do adapter.rename_relation(beside, target_relation) -%}
        {%- do restore_foreign_key_dependents(set_aside) -%}
    {%- endif -%}
{% endmacro %}
