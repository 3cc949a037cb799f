{#
    duckdb__dispatch_temporary_relation(target_relation, batch_id=''): the relation for a model's new rows, and whether
    it is a temporary table of the connection: {'relation': "fact_crimes__dbt_tmp", 'temporary': true}.
#}
{% macro duckdb__dispatch_temporary_relation(target_relation, batch_id='') %}
    {%- set suffix = '__dbt_tmp_' ~ batch_id if batch_id else '__dbt_tmp' -%}
    {{ return({'relation': make_temp_relation(target_relation, suffix), 'temporary': true}) }}
{% endmacro %}
