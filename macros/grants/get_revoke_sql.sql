{#
    get_revoke_sql(relation, privilege, grantees): the statement that revokes.

    bigquery  revoke `roles/bigquery.dataViewer` on table `dev`.`main`.`t` from "user:a@example.com"
#}
{% macro get_revoke_sql(relation, privilege, grantees) %}
    {{ return(adapter.dispatch('get_revoke_sql', 'dbt')(relation, privilege, grantees)) }}
{% endmacro %}

{% macro default__get_revoke_sql(relation, privilege, grantees) -%}
    {%- set quoted = [] -%}
    {%- for grantee in grantees -%}
        {%- do quoted.append(adapter.quote(grantee)) -%}
    {%- endfor -%}
revoke {{ privilege }} on {{ relation.render() }} from {{ quoted | join(', ') }}
{%- endmacro %}

{% macro bigquery__get_revoke_sql(relation, privilege, grantee) -%}
revoke `{{ privilege }}` on {{ relation.type }} {{ relation.render() }} from "{{ grantee | join('", "') }}"
{%- endmacro %}
