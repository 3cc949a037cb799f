{#
    How a model becomes a file that a view reads: its rows are written to `location` as Parquet, CSV or JSON, and a view
    over the file takes the model's name.

    duckdb    copy "dev"."main"."crimes__dbt_tmp" to 'out/crimes.parquet' (format parquet)
#}
{% materialization external, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {{ exceptions.raise_compiler_error(
        'materialization `external` is not supported yet: model `' ~ model.name ~ '` can be a table, and a post-hook can copy it to a file'
    ) }}
{% endmaterialization %}
