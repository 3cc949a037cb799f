{#
    drop_relation_for_rebuild(relation): drops a relation that is made anew in the same transaction, after the tables
    whose foreign keys point to it, where the model's contract has keys to point to. Gives what
    `restore_foreign_key_dependents` takes.

    duckdb    drop table if exists "dev"."main"."areas" cascade
#}
{% macro drop_relation_for_rebuild(relation) -%}
    {%- do adapter.ensure_transaction() -%}
    {%- set is_target = relation.is_table and enforced_constraint_types() and may_be_foreign_key_target(relation) -%}
    {%- set set_aside = drop_foreign_key_dependents(relation) if is_target else [] -%}
    {%- do adapter.drop_relation(relation) -%}
    {{ return(set_aside) }}
{%- endmacro %}
