{#
    cluster_by(raw_cluster_by): the clause for one column or a list of them; nothing for none.

    bigquery  cluster by area, crime_type
#}
{% macro cluster_by(raw_cluster_by) -%}
    {%- if raw_cluster_by is not none -%}
    cluster by {{ raw_cluster_by if raw_cluster_by is string else raw_cluster_by | join(', ') }}
    {%- endif -%}
{%- endmacro %}
