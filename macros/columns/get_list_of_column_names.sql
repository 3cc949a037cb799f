{#
    get_list_of_column_names(columns): the names of columns. A list of texts, not SQL.
#}
{% macro get_list_of_column_names(columns) %}
    {{ return(columns | map(attribute='name') | list) }}
{% endmacro %}
