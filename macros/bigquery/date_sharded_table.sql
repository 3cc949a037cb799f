{#
    date_sharded_table(base_name): the name of one table of a set that has a table per day, for old projects.

    bigquery  events_[DBT__PARTITION_DATE]
#}
{% macro date_sharded_table(base_name) %}
    {{ return(base_name ~ '[DBT__PARTITION_DATE]') }}
{% endmacro %}
