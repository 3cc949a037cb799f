{#
    bigquery__alter_relation_drop_columns(relation, drop_columns): drops columns of a table.

    bigquery  alter table `dev`.`main`.`t`
                  drop column `area`
#}
{% macro bigquery__alter_relation_drop_columns(relation, drop_columns) %}
    {%- set clauses = [] -%}
    {%- for column in drop_columns -%}
        {%- do clauses.append('drop column ' ~ column.quoted) -%}
    {%- endfor -%}
    {{ return(run_query('alter ' ~ relation.type ~ ' ' ~ relation.render() ~ '\n    ' ~ clauses | join(',\n    '))) }}
{% endmacro %}
