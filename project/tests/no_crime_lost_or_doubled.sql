-- Joining the rate leaves the number of crimes as it was, in every month.
with staged as (
    select crime_month, count(*) as crimes from {{ ref('stg_crime') }} group by crime_month
),

joined as (
    select crime_month, count(*) as crimes from {{ ref('fact_crimes') }} group by crime_month
)

select
    coalesce(staged.crime_month, joined.crime_month) as crime_month,
    staged.crimes as crimes_staged,
    joined.crimes as crimes_joined
from staged
full outer join joined
    on staged.crime_month = joined.crime_month
where coalesce(staged.crimes, 0) <> coalesce(joined.crimes, 0)
