{#
    bigquery_options(opts): the clause that sets a relation's options; their values are SQL.

    bigquery  OPTIONS(
                description="""Reported crimes""",
                labels=[('team', 'data')]
              )
#}
{% macro bigquery_options(opts) %}
    {%- set lines = [] -%}
    {%- for name, value in opts.items() -%}
        {%- do lines.append('\n    ' ~ name ~ '=' ~ value) -%}
    {%- endfor -%}
    {{ return('OPTIONS(' ~ lines | join(',') ~ ('\n' if lines else '') ~ ')') }}
{% endmacro %}
