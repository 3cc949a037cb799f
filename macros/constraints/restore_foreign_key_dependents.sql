{#
    restore_foreign_key_dependents(dropped): puts the rows of tables that `drop_foreign_key_dependents` set aside back
    under their names, in the same transaction.

    duckdb    alter table "dev"."main"."crimes__dbt_fk_backup" rename to "crimes"
#}
{% macro restore_foreign_key_dependents(dropped) -%}
    {%- for item in dropped | reverse -%}
        {%- do adapter.rename_relation(item['backup'], item['relation']) -%}
    {%- endfor -%}
{%- endmacro %}
