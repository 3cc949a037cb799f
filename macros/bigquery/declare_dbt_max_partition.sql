{#
    declare_dbt_max_partition(relation, partition_by, compiled_code, language='sql'): declares `_dbt_max_partition`, the
    latest partition of the model's table, where the query uses it.

    bigquery  declare _dbt_max_partition timestamp default (
                select max(seen_at) from `dev`.`main`.`t`
                where seen_at is not null
              );
#}
{% macro declare_dbt_max_partition(relation, partition_by, compiled_code, language='sql') -%}
    {%- if language == 'sql' and '_dbt_max_partition' in compiled_code -%}
declare _dbt_max_partition {{ partition_by.data_type_for_partition() }} default (
  select max({{ partition_by.field }}) from {{ this }}
  where {{ partition_by.field }} is not null
);
{% endif -%}
{%- endmacro %}
