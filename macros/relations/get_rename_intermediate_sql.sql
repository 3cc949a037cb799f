{#
    get_rename_intermediate_sql(relation): the statement that moves a relation's next version into its place.

    duckdb    alter table … "fact_crimes__dbt_tmp" rename to "fact_crimes"
    bigquery  alter table … `fact_crimes__dbt_tmp` rename to `fact_crimes`
#}
{% macro get_rename_intermediate_sql(relation) -%}
    {{ adapter.dispatch('get_rename_intermediate_sql', 'dbt')(relation) }}
{%- endmacro %}

{% macro default__get_rename_intermediate_sql(relation) -%}
    {{ get_rename_sql(make_intermediate_relation(relation), relation.identifier) }}
{%- endmacro %}
