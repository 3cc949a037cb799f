{#- Partitions and clusters are BigQuery's; dbt's DuckDB adapter refuses a `partition_by` that is a map. -#}
{%- set by_month = {'field': 'crime_date', 'data_type': 'date', 'granularity': 'month'} -%}
{{ config(partition_by=by_month if target.type == 'bigquery' else none, cluster_by='area') }}

-- Crimes beside the rate of unemployment in their month. A left join: the rate is published weeks later than the
-- crimes, and the last months should not disappear meanwhile. The test `months_without_rate` tells which they are.
select
    crimes.recordid,
    crimes.crime_date,
    crimes.crime_month,
    crimes.crime_time,
    crimes.area,
    crimes.crime_type,
    crimes.weapon_used,
    crimes.victim_age,
    crimes.victim_sex,
    crimes.victim_descent,
    rates.unemp_percent
from {{ ref('stg_crime') }} as crimes
left join {{ ref('stg_unemp') }} as rates
    on crimes.crime_month = rates.unemp_month
