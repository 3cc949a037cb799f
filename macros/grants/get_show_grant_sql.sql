{#
    get_show_grant_sql(relation): the query for a relation's grants: privilege and grantee.

    bigquery  select privilege_type, grantee
              from `dev`.`region-us`.INFORMATION_SCHEMA.OBJECT_PRIVILEGES
              where …
#}
{% macro get_show_grant_sql(relation) %}
    {{ return(adapter.dispatch('get_show_grant_sql', 'dbt')(relation)) }}
{% endmacro %}

{% macro default__get_show_grant_sql(relation) %}
show grants on {{ relation.render() }}
{% endmacro %}

{# Whoever runs this is left out, or it would revoke its own access. #}
{% macro bigquery__get_show_grant_sql(relation) %}
    {%- set located = relation.incorporate(location=adapter.get_dataset_location(relation)) %}
select privilege_type, grantee
from {{ located.information_schema('OBJECT_PRIVILEGES') }}
where object_schema = "{{ located.dataset }}"
  and object_name = "{{ located.identifier }}"
  and split(grantee, ':')[offset(1)] != session_user()
{% endmacro %}
