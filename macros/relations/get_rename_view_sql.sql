{#
    get_rename_view_sql(relation, new_name): the statement that gives a view another name.

    duckdb    alter view "dev"."main"."a" rename to "b"
    bigquery  alter view `dev`.`main`.`a` rename to `b`
#}
{% macro get_rename_view_sql(relation, new_name) -%}
    {{ adapter.dispatch('get_rename_view_sql', 'dbt')(relation, new_name) }}
{%- endmacro %}

{% macro default__get_rename_view_sql(relation, new_name) -%}
    {{ exceptions.raise_compiler_error('`get_rename_view_sql` has not been implemented for this adapter.') }}
{%- endmacro %}

{% macro duckdb__get_rename_view_sql(relation, new_name) -%}
alter view {{ relation.render() }} rename to {{ adapter.quote(new_name) }}
{%- endmacro %}

{% macro bigquery__get_rename_view_sql(relation, new_name) -%}
alter view {{ relation.render() }} rename to {{ adapter.quote(new_name) }}
{%- endmacro %}
