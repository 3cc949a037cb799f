{#
    bigquery__materialized_view_clauses(sql): what follows a materialized view's name: how it is partitioned and
    clustered, its options, its query.

    bigquery  partition by crime_month cluster by area OPTIONS(enable_refresh=True) as select …
#}
{% macro bigquery__materialized_view_clauses(sql) -%}
    {%- set clauses = [
        partition_by(adapter.parse_partition_by(config.get('partition_by', none))) | trim,
        cluster_by(config.get('cluster_by', none)) | trim,
        bigquery_options(bigquery__materialized_view_options(config, model)),
    ] -%}
    {%- for clause in clauses if clause -%}
{{ clause }}
{% endfor -%}
as {{ sql }}
{%- endmacro %}
