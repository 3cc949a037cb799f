{#
    make_intermediate_relation(base_relation, suffix='__dbt_tmp'): a name beside the relation, under which its next
    version is built before it takes the relation's place.

    both      "dev"."main"."stg_crime__dbt_tmp"
#}
{% macro make_intermediate_relation(base_relation, suffix='__dbt_tmp') %}
    {{ return(adapter.dispatch('make_intermediate_relation', 'dbt')(base_relation, suffix)) }}
{% endmacro %}

{% macro default__make_intermediate_relation(base_relation, suffix) %}
    {{ return(default__make_temp_relation(base_relation, suffix)) }}
{% endmacro %}

{% macro bigquery__make_intermediate_relation(base_relation, suffix) %}
    {{ return(bigquery__make_relation_with_suffix(base_relation, suffix, dstring=false)) }}
{% endmacro %}
