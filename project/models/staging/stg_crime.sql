-- One row per victim of a reported crime, with names and types that the rest of the project relies on.
select
    {{ dbt.safe_cast('dr_no', dbt.type_bigint()) }} as recordid,
    date_occ as crime_date,
    cast({{ dbt.date_trunc('month', 'date_occ') }} as date) as crime_month,
    {{ dbt.cast('vict_age', dbt.type_bigint()) }} as victim_age,
    {{ get_vict_sex('vict_sex') }} as victim_sex,
    {{ get_vict_descent('vict_descent') }} as victim_descent,
    {{ dbt.cast('time_occ', dbt.type_bigint()) }} as crime_time,
    area_name as area,
    crm_cd_desc as crime_type,
    weapon_used_cd as weapon_used
from {{ source('staging', 'crime_victim') }}
{{ limit_in_test_run('recordid') }}
