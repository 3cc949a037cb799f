{#
    bigquery__make_relation_with_suffix(base_relation, suffix, dstring): the relation's name with a suffix, cut where
    BigQuery's limit of 1,024 bytes asks for it. With `dstring` the suffix also holds the run's id.

    bigquery  `dev`.`main`.`stg_crime__dbt_tmp_0193a1b2c3d4`
#}
{% macro bigquery__make_relation_with_suffix(base_relation, suffix, dstring) %}
    {%- set length_max = 1024 -%}
    {%- set ending = suffix ~ '_' ~ invocation_id.replace('-', '')[-12:] if dstring else suffix -%}
    {%- if ending | length > length_max -%}
        {{ exceptions.raise_compiler_error(
            'Relation suffix is too long (' ~ (ending | length) ~ ' characters). Maximum length is ' ~ length_max ~ ' characters.'
        ) }}
    {%- endif -%}
    {%- set identifier = base_relation.identifier[:length_max - (ending | length)] ~ ending -%}
    {{ return(base_relation.incorporate(path={'identifier': identifier})) }}
{% endmacro %}
