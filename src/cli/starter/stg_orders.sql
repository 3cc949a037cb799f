select
    id as order_id,
    ordered_at,
    amount_cents / 100.0 as amount,
    status
from {{ ref('raw_orders') }}
