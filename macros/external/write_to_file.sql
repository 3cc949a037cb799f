{#
    write_to_file(relation, location, options): writes a relation's rows to a file.

    duckdb    copy "dev"."main"."crimes" to 'out/crimes.parquet' (format parquet)
#}
{% macro write_to_file(relation, location, options) -%}
    {%- call statement('write_to_file') -%}
        copy {{ relation }} to '{{ location }}' ({{ options }})
    {%- endcall -%}
{%- endmacro %}
