{{ config(materialized='table', tags=['core'], meta={'owner': 'data'}) }}
select codes.id, codes.name, count(*) as orders
from {{ ref('codes') }} as codes
join {{ ref('stg_orders') }} as orders on orders.customer = codes.id
join {{ ref('paid') }} as paid on paid.id = orders.id
group by all
