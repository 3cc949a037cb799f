{#
    duckdb_escape_comment(comment): a description as a literal.

    duckdb    'the area''s name'
#}
{% macro duckdb_escape_comment(comment) -%}
    {%- if comment is not string -%}
        {{ exceptions.raise_compiler_error('cannot escape a non-string: ' ~ comment) }}
    {%- endif -%}
'{{ comment | replace("'", "''") }}'
{%- endmacro %}
