{{ config(materialized='incremental', unique_key='day') }}
select cast(loaded_at as date) as day, count(*) as orders from {{ ref('stg_orders') }} group by all
