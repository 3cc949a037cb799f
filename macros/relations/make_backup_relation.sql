{#
    make_backup_relation(base_relation, backup_relation_type, suffix='__dbt_backup'): a name beside the relation, under
    which its last version waits until the next one stands.

    both      "dev"."main"."stg_crime__dbt_backup"
#}
{% macro make_backup_relation(base_relation, backup_relation_type, suffix='__dbt_backup') %}
    {{ return(adapter.dispatch('make_backup_relation', 'dbt')(base_relation, backup_relation_type, suffix)) }}
{% endmacro %}

{% macro default__make_backup_relation(base_relation, backup_relation_type, suffix) %}
    {%- set path = {'identifier': base_relation.identifier ~ suffix} -%}
    {{ return(base_relation.incorporate(path=path, type=backup_relation_type)) }}
{% endmacro %}

{% macro bigquery__make_backup_relation(base_relation, backup_relation_type, suffix) %}
    {%- set backup = bigquery__make_relation_with_suffix(base_relation, suffix, dstring=false) -%}
    {{ return(backup.incorporate(type=backup_relation_type)) }}
{% endmacro %}
