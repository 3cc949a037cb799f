{#
    get_incremental_microbatch_sql(arg_dict): strategy `microbatch`: the rows of one span of time, the model's batch, are
    replaced. BigQuery writes its own, in `bq_generate_microbatch_build_sql`.

    duckdb    delete from "dev"."main"."t"
              where seen_at >= '2024-01-01 00:00:00+00:00'
              and seen_at < '2024-01-02 00:00:00+00:00';
              insert into "dev"."main"."t" ("id") select "id" from "t__dbt_tmp" where …;
#}
{% macro get_incremental_microbatch_sql(arg_dict) %}
    {{ return(adapter.dispatch('get_incremental_microbatch_sql', 'dbt')(arg_dict)) }}
{% endmacro %}

{% macro default__get_incremental_microbatch_sql(arg_dict) %}
    {{ exceptions.raise_not_implemented('microbatch materialization strategy not implemented for adapter ' ~ adapter.type()) }}
{% endmacro %}

{% macro duckdb__get_incremental_microbatch_sql(arg_dict) -%}
    {%- set event_time = config.get('event_time') -%}
    {%- set batch = model.get('batch') or {} -%}
    {%- if not event_time -%}
        {{ exceptions.raise_compiler_error("microbatch incremental strategy requires an 'event_time' model config") }}
    {%- elif config.get('unique_key') -%}
        {{ exceptions.raise_compiler_error(
            "microbatch incremental strategy does not support 'unique_key': rows are replaced by their 'event_time'. "
            ~ "Remove 'unique_key' or use incremental_strategy='merge'."
        ) }}
    {%- elif not (batch.get('event_time_start') and batch.get('event_time_end')) -%}
        {{ exceptions.raise_compiler_error(
            "microbatch incremental strategy requires 'batch.event_time_start' and 'batch.event_time_end' to be set in the context"
        ) }}
    {%- endif -%}
    {%- set target, source = arg_dict['target_relation'], arg_dict['temp_relation'] -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set span -%}
        {{ event_time }} >= '{{ batch.event_time_start }}'
    and {{ event_time }} < '{{ batch.event_time_end }}'
    {%- endset -%}
    {%- set build_sql -%}
    delete from {{ target }}
    where {{ span }}
        {%- for predicate in normalize_incremental_predicates(arg_dict.get('incremental_predicates')) %}
    and ({{ predicate }})
    {%- endfor -%};
    insert into {{ target }} ({{ columns }})
    select {{ columns }}
    from {{ source }}
    where {{ span }};
    {%- endset -%}
    {{ return(build_sql) }}
{%- endmacro %}
