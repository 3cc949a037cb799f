{#
    duckdb__alter_table_set_sorted_by(relation, sorted_by): the statement that sorts a DuckLake table.

    duckdb    alter table "lake"."main"."t" set sorted by ("crime_date");
#}
{% macro duckdb__alter_table_set_sorted_by(relation, sorted_by) -%}
alter table {{ relation }} set sorted by ({{ sorted_by }});
{%- endmacro %}
