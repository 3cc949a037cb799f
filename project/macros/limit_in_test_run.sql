{#
    `order by <key> limit 100` while `var('is_test_run')` is true, else nothing. At the end of a staging model.

    key: column that orders the rows, so that a view shows the same 100 rows each time it is read.
#}
{% macro limit_in_test_run(key) -%}
    {%- if var('is_test_run') -%} order by {{ key }} limit 100 {%- endif -%}
{%- endmacro %}
