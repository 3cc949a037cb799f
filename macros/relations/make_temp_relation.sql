{#
    make_temp_relation(base_relation, suffix='__dbt_tmp'): a name for rows that live only while a node is built.
    Batches of a microbatch model each get their own.

    duckdb    "stg_crime__dbt_tmp", a temporary table of the connection
    bigquery  `dev`.`main`.`stg_crime__dbt_tmp_0193a1b2c3d4`, unique in the run, so no leftover of another run with
              another partitioning stands in the way
#}
{% macro make_temp_relation(base_relation, suffix='__dbt_tmp') %}
    {%- if suffix == '__dbt_tmp' and model.batch -%}
        {%- set suffix = suffix ~ '_' ~ model.batch.id -%}
    {%- endif -%}
    {{ return(adapter.dispatch('make_temp_relation', 'dbt')(base_relation, suffix)) }}
{% endmacro %}

{% macro default__make_temp_relation(base_relation, suffix) %}
    {{ return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix})) }}
{% endmacro %}

{% macro duckdb__make_temp_relation(base_relation, suffix) %}
    {%- set path = {'identifier': base_relation.identifier ~ suffix, 'schema': none, 'database': none} -%}
    {{ return(base_relation.incorporate(path=path)) }}
{% endmacro %}

{% macro bigquery__make_temp_relation(base_relation, suffix) %}
    {{ return(bigquery__make_relation_with_suffix(base_relation, suffix, dstring=true)) }}
{% endmacro %}
