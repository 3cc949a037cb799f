{#
    create_table_with_layout(relation, target_relation, compiled_code, language): runs `create_table_as` as the node's
    main statement, with the order and partitions that the target is to have where DuckLake keeps such.

    duckdb    create table "lake"."main"."t" as (… limit 0);
              alter table "lake"."main"."t" set partitioned by (year);
              insert into "lake"."main"."t" …
#}
{% macro create_table_with_layout(relation, target_relation, compiled_code, language='sql') %}
    {%- call statement('main', language=language) -%}
        {{ create_table_as(
            false, relation, compiled_code, language,
            partitioned_by=duckdb__get_partitioned_by(target_relation, false),
            sorted_by=duckdb__get_sorted_by(target_relation, false)
        ) }}
    {%- endcall -%}
{% endmacro %}
