select
    ordered_at,
    count(*) as orders,
    sum(amount) as amount
from {{ ref('stg_orders') }}
where status != 'returned'
group by ordered_at
