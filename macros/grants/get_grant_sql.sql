{#
    get_grant_sql(relation, privilege, grantees): the statement that grants.

    bigquery  grant `roles/bigquery.dataViewer` on table `dev`.`main`.`t` to "user:a@example.com", "group:b@example.com"
#}
{% macro get_grant_sql(relation, privilege, grantees) %}
    {{ return(adapter.dispatch('get_grant_sql', 'dbt')(relation, privilege, grantees)) }}
{% endmacro %}

{% macro default__get_grant_sql(relation, privilege, grantees) -%}
grant {{ privilege }} on {{ relation.render() }} to {{ grantees | join(', ') }}
{%- endmacro %}

{% macro bigquery__get_grant_sql(relation, privilege, grantee) -%}
grant `{{ privilege }}` on {{ relation.type }} {{ relation.render() }} to "{{ grantee | join('", "') }}"
{%- endmacro %}
