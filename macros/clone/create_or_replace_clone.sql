{#
    create_or_replace_clone(this_relation, defer_relation): the statement that makes a table a clone of another.

    bigquery  create or replace table `dev`.`main`.`t` clone `prod`.`main`.`t`
#}
{% macro create_or_replace_clone(this_relation, defer_relation) %}
    {{ return(adapter.dispatch('create_or_replace_clone', 'dbt')(this_relation, defer_relation)) }}
{% endmacro %}

{% macro default__create_or_replace_clone(this_relation, defer_relation) %}
create or replace table {{ this_relation.render() }} clone {{ defer_relation.render() }}
{% endmacro %}

{% macro bigquery__create_or_replace_clone(this_relation, defer_relation) %}
    {{ return(default__create_or_replace_clone(this_relation, defer_relation)) }}
{% endmacro %}
