{#
    drop_foreign_key_dependents(relation): sets aside the tables whose foreign keys point to a table, since DuckDB
    replaces no table that is pointed to. Their rows are kept in tables beside them until
    `restore_foreign_key_dependents`; their constraints come back when this run makes them anew, so a table that this
    run does not make anew is an error, with the reason.

    duckdb    create table "dev"."main"."crimes__dbt_fk_backup" as select * from "dev"."main"."crimes"
              drop table if exists "dev"."main"."crimes" cascade
#}
{% macro drop_foreign_key_dependents(relation) -%}
    {%- set found = run_query(foreign_key_dependents_sql(relation)) -%}
    {%- set tables, parents = [], {} -%}
    {%- for row in found or [] -%}
        {%- if row[0] not in tables -%}
            {%- do tables.append(row[0]) -%}
            {%- do parents.update({row[0]: []}) -%}
        {%- endif -%}
        {%- do parents[row[0]].append(row[1] | lower) -%}
    {%- endfor -%}

    {%- set obstacles = foreign_key_obstacles(relation, tables, parents) -%}
    {%- if obstacles -%}
        {{ exceptions.raise_compiler_error(
            'Cannot replace ' ~ relation ~ ' because foreign keys point to it, and DuckDB replaces no such table '
            ~ 'unless this run makes the tables they belong to anew: ' ~ obstacles | join('; ')
        ) }}
    {%- endif -%}

    {%- set set_aside = [] -%}
    {%- for table in tables -%}
        {%- set dependent = relation.incorporate(path={'identifier': table}, type='table') -%}
        {%- set backup = relation.incorporate(path={'identifier': table ~ '__dbt_fk_backup'}, type='table') -%}
        {%- do adapter.drop_relation(backup) -%}
        {%- call statement('set_aside_' ~ loop.index) -%}
            create table {{ backup }} as select * from {{ dependent }}
        {%- endcall -%}
        {%- do adapter.drop_relation(dependent) -%}
        {%- do set_aside.append({'relation': dependent, 'backup': backup}) -%}
    {%- endfor -%}
    {{ return(set_aside) }}
{%- endmacro %}
