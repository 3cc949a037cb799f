{#
    bigquery__alter_relation_add_columns(relation, add_columns): adds columns to a table.

    bigquery  alter table `dev`.`main`.`t`
                  add column `area` STRING
#}
{% macro bigquery__alter_relation_add_columns(relation, add_columns) %}
    {%- set clauses = [] -%}
    {%- for column in add_columns -%}
        {%- do clauses.append('add column ' ~ column.quoted ~ ' ' ~ column.data_type) -%}
    {%- endfor -%}
    {{ return(run_query('alter ' ~ relation.type ~ ' ' ~ relation.render() ~ '\n    ' ~ clauses | join(',\n    '))) }}
{% endmacro %}
