{#
    set_sql_header(config): for call blocks inside a model; the block's text is written before the statement that makes
    the model, for functions and variables of BigQuery scripts.

    bigquery  create temp function twice(x int64) as (x * 2);
              create or replace table …
#}
{% macro set_sql_header(config) -%}
    {{ config.set('sql_header', caller()) }}
{%- endmacro %}
