{#
    duckdb__get_sorted_by(relation, temporary): the model's `sorted_by`, or `sort_by`, as SQL, where the relation lies in
    a DuckLake catalog; none elsewhere. A value for macros.

    duckdb    "crime_date", "area"
#}
{% macro duckdb__get_sorted_by(relation, temporary) -%}
    {%- set quoted = [] -%}
    {%- for column in ducklake_layout(relation, temporary, 'sorted_by', 'sort_by') or [] -%}
        {%- do quoted.append(adapter.quote(column)) -%}
    {%- endfor -%}
    {{ return(quoted | join(', ') if quoted else none) }}
{%- endmacro %}
