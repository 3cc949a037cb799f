{#
    duckdb__alter_table_set_partitioned_by(relation, partitioned_by): the statement that partitions a DuckLake table.

    duckdb    alter table "lake"."main"."t" set partitioned by (year(crime_date));
#}
{% macro duckdb__alter_table_set_partitioned_by(relation, partitioned_by) -%}
alter table {{ relation }} set partitioned by ({{ partitioned_by }});
{%- endmacro %}
