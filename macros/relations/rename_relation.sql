{#
    rename_relation(from_relation, to_relation): gives a relation another name within its schema.

    duckdb    alter table "dev"."main"."stg_crime__dbt_tmp" rename to "stg_crime"
    bigquery  alter table `dev`.`main`.`stg_crime__dbt_tmp` rename to `stg_crime`
#}
{% macro rename_relation(from_relation, to_relation) -%}
    {{ return(adapter.dispatch('rename_relation', 'dbt')(from_relation, to_relation)) }}
{%- endmacro %}

{% macro default__rename_relation(from_relation, to_relation) -%}
    {%- call statement('rename_relation') -%}
        alter table {{ from_relation.render() }} rename to {{ adapter.quote_as_configured(to_relation.identifier, 'identifier') }}
    {%- endcall -%}
{%- endmacro %}

{% macro duckdb__rename_relation(from_relation, to_relation) -%}
    {%- call statement('rename_relation') -%}
        alter {{ to_relation.type }} {{ from_relation.render() }} rename to {{ adapter.quote_as_configured(to_relation.identifier, 'identifier') }}
    {%- endcall -%}
{%- endmacro %}

{% macro bigquery__rename_relation(from_relation, to_relation) -%}
    {{ return(default__rename_relation(from_relation, to_relation)) }}
{%- endmacro %}
