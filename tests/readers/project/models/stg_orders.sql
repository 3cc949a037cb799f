select id, customer, loaded_at from {{ source('raw', 'orders') }}
