{#
    get_rename_table_sql(relation, new_name): the statement that gives a table another name.

    duckdb    alter table "dev"."main"."a" rename to "b"
    bigquery  alter table `dev`.`main`.`a` rename to `b`
#}
{% macro get_rename_table_sql(relation, new_name) -%}
    {{ adapter.dispatch('get_rename_table_sql', 'dbt')(relation, new_name) }}
{%- endmacro %}

{% macro default__get_rename_table_sql(relation, new_name) -%}
    {{ exceptions.raise_compiler_error('`get_rename_table_sql` has not been implemented for this adapter.') }}
{%- endmacro %}

{% macro duckdb__get_rename_table_sql(relation, new_name) -%}
alter table {{ relation.render() }} rename to {{ adapter.quote(new_name) }}
{%- endmacro %}

{% macro bigquery__get_rename_table_sql(relation, new_name) -%}
alter table {{ relation.render() }} rename to {{ adapter.quote(new_name) }}
{%- endmacro %}
