{#
    duckdb__get_partitioned_by(relation, temporary): the model's `partitioned_by`, or `partition_by`, as SQL, where the
    relation lies in a DuckLake catalog; none elsewhere. A value for macros.

    duckdb    year(crime_date), area
#}
{% macro duckdb__get_partitioned_by(relation, temporary) -%}
    {%- set parts = ducklake_layout(relation, temporary, 'partitioned_by', 'partition_by') -%}
    {{ return(parts | join(', ') if parts else none) }}
{%- endmacro %}
