{#
    get_insert_into_sql(target_relation, temp_relation, dest_columns): all rows of one table into another.

    both      insert into "dev"."main"."t" ("id", "area")
              (
                  select "id", "area"
                  from "t__dbt_tmp"
              )
#}
{% macro get_insert_into_sql(target_relation, temp_relation, dest_columns) %}
    {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) %}
insert into {{ target_relation }} ({{ columns }})
(
    select {{ columns }}
    from {{ temp_relation }}
)
{% endmacro %}
