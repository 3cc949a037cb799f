//! The example's three pipelines: counts against the generator's own, reruns, drift, what lands where.

use std::fs;

use insta::assert_snapshot;
use serde_json::Value as Json;

use super::fixture::{World, expectation, fixture};

pub const UNEMPLOYMENT: &str = "\
Area Name,Area Type,Year,Month,Date_Numeric,Seasonally Adjusted(Y/N),Status,Labor Force,Employment,Unemployment,Unemployment Rate,Benchmark
California,State,2020,January,01/2020,Y,Final,1,1,1,4.2,2024
Los Angeles-Long Beach-Glendale MD,Metropolitan Area,2019,December,12/2019,Y,Final,1,1,1,4.4,2024
Los Angeles-Long Beach-Glendale MD,Metropolitan Area,2020,January,01/2020,Y,Final,1,1,1,4.5,2024
Los Angeles-Long Beach-Glendale MD,Metropolitan Area,2020,January,01/2020,N,Final,1,1,1,5.0,2024
Los Angeles-Long Beach-Glendale MD,Metropolitan Area,2020,February,2/1/2020,Y,Final,1,1,1,,2024
Los Angeles-Long Beach-Glendale MD,Metropolitan Area,2020,March,3/1/2020,Y,Final,1,1,1,5.7,2024
";

fn world(crimes: &str) -> World {
    let world = World::la_crimes(&fixture(crimes), "unemployment.csv".as_ref());
    world.file("unemployment.csv", UNEMPLOYMENT);
    world
}

fn count(json: &Json, path: &[&str]) -> u64 {
    path.iter().fold(json, |json, key| &json[*key]).as_u64().expect("a count")
}

#[test]
fn every_row_of_a_faulty_file_is_accounted_for() {
    let mut world = world("faulty.csv.gz");
    let outcome = world.run(None);
    assert_snapshot!(outcome.shown(), @r"
    crimes_to_lake → lake/crimes: read 3000 loaded 2870 quarantined 86
      dropped undated 11
      dropped before_2020 11
      dropped no_area_name 11
      dropped reported_before_it_happened 11
      bad date_occ:format 11
      bad date_occ:no_such_date 11
      bad line:too_few_fields 11
      bad line:too_many_fields 11
      bad time_occ:range 11
      bad vict_age:type 11
      bad line:not_utf8 10
      bad line:stray_quote 10
    crimes_to_warehouse → staging.crime_victim: read 2870 loaded 2148 quarantined 0
      dropped age_unknown 722
      dropped sex_unknown 0
      dropped descent_unknown 0
    unemployment_to_warehouse → staging.unemp_rate: read 6 loaded 2 quarantined 0
      dropped other_area_types 1
      dropped before_2020 1
      dropped not_adjusted 1
      dropped no_rate 1
    ");
    let truth = expectation("faulty.json");
    let lake = outcome.report("crimes_to_lake");
    assert_eq!(lake.rows_read, count(&truth, &["rows"]));
    assert_eq!(lake.rows_read - lake.rows_quarantined, count(&truth, &["rows_every_column_parses"]));
    assert_eq!(lake.rows_loaded, count(&truth, &["rows_after_lake_filters"]));
    let warehouse = outcome.report("crimes_to_warehouse");
    assert_eq!(warehouse.rows_loaded, count(&truth, &["rows_after_warehouse_filters"]));
}

#[test]
fn the_mart_figures_of_the_raw_table_equal_the_generators() {
    let mut world = world("faulty.csv.gz");
    world.run(None);
    let truth = expectation("faulty.json");
    let one = |sql: &str| world.query(sql).parse::<u64>().expect("a count");
    let victims = "select count(*) from staging.crime_victim";
    assert_eq!(one(&format!("{victims} where weapon_used_cd = 'Y'")), count(&truth, &["warehouse", "weapon_used"]));
    assert_eq!(one(&format!("{victims} where vict_sex = 'M'")), count(&truth, &["warehouse", "male"]));
    assert_eq!(one(&format!("{victims} where vict_sex = 'F'")), count(&truth, &["warehouse", "female"]));
    for (year, wanted) in truth["warehouse"]["by_year"].as_object().expect("years") {
        assert_eq!(Some(one(&format!("{victims} where year(date_occ) = {year}"))), wanted.as_u64(), "{year}");
    }
    for (area, wanted) in truth["warehouse"]["by_area"].as_object().expect("areas") {
        assert_eq!(Some(one(&format!("{victims} where area_name = '{area}'"))), wanted.as_u64(), "{area}");
    }
    assert_snapshot!(world.query("select min(time_occ), max(time_occ), count(distinct crm_cd_desc) from staging.crime_victim"), @"0 | 23 | 27");
    assert_snapshot!(world.query("describe staging.crime_victim"), @r"
    dr_no | VARCHAR | YES |  |  | 
    date_occ | DATE | YES |  |  | 
    time_occ | BIGINT | YES |  |  | 
    area_name | VARCHAR | YES |  |  | 
    crm_cd_desc | VARCHAR | YES |  |  | 
    weapon_used_cd | VARCHAR | YES |  |  | 
    vict_age | INTEGER | YES |  |  | 
    vict_sex | VARCHAR | YES |  |  | 
    vict_descent | VARCHAR | YES |  |  |
    ");
}

#[test]
fn counts_hold_under_every_drift_of_the_header() {
    let mut shown = String::new();
    for drift in ["padded", "renamed", "added", "dropped"] {
        let mut world = world(&format!("drift_{drift}.csv.gz"));
        let outcome = world.run(None);
        let truth = expectation(&format!("drift_{drift}.json"));
        let lake = outcome.report("crimes_to_lake");
        assert_eq!(lake.rows_read, count(&truth, &["rows"]), "{drift}");
        assert_eq!(lake.rows_read - lake.rows_quarantined, count(&truth, &["rows_every_column_parses"]), "{drift}");
        assert_eq!(lake.rows_loaded, count(&truth, &["rows_after_lake_filters"]), "{drift}");
        let warehouse = outcome.report("crimes_to_warehouse");
        assert_eq!(warehouse.rows_loaded, count(&truth, &["rows_after_warehouse_filters"]), "{drift}");
        shown.push_str(&format!("{drift}: {}", super::fixture::drawn(&outcome.said)));
    }
    assert_snapshot!(shown, @r#"
    padded: warning[header-drift]: the file calls column `AREA` `AREA `
      --> models/staging/sources.yml:23:28 AREA: read from `AREA `
      help: if the new name is there to stay, add it: `from: ["AREA", "AREA "]`
    renamed: warning[header-drift]: the file calls column `AREA NAME` `Area Name`
      --> models/staging/sources.yml:24:33 AREA NAME: read from `Area Name`
      help: if the new name is there to stay, add it: `from: ["AREA NAME", "Area Name"]`
    added: warning[new-column]: the file has a column that is not declared: `Case Number`
      --> models/staging/sources.yml:17:13 "{{ var('crimes_file') }}": read here
      help: declare it under `columns`, or say `contract: {new_column: ignore}`
    dropped: warning[missing-column]: the file has no column `Mocodes`
      --> models/staging/sources.yml:29:31 Mocodes: every row gets a null
    "#);
}

#[test]
fn the_portals_api_format_is_read_by_the_same_declaration() {
    let mut world = world("soda.csv.gz");
    let outcome = world.run(Some(&["crimes_to_lake"]));
    let truth = expectation("soda.json");
    let lake = outcome.report("crimes_to_lake");
    assert_eq!(lake.rows_read - lake.rows_quarantined, count(&truth, &["rows_every_column_parses"]));
    assert_eq!(lake.rows_loaded, count(&truth, &["rows_after_lake_filters"]));
}

#[test]
fn bad_rows_are_kept_with_line_reasons_and_cells() {
    let mut world = world("faulty.csv.gz");
    world.run(None);
    assert_snapshot!(
        world.query("select reasons, count(*), min(line) from quarantine.crimes_to_lake group by all order by 1"), @r"
        date_occ:format | 11 | 36
        date_occ:no_such_date | 11 | 13
        line:not_utf8 | 10 | 96
        line:stray_quote | 10 | 79
        line:too_few_fields | 11 | 2
        line:too_many_fields | 11 | 46
        time_occ:range | 11 | 107
        vict_age:type | 11 | 137
        "
    );
    assert_snapshot!(
        world.query("select line, reasons, cells from quarantine.crimes_to_lake order by line limit 4"), @r#"
        2 | line:too_few_fields | "201504002,"
        13 | date_occ:no_such_date | ["201304001","06/15/2020 12:00:00 AM","02/30/2021 12:00:00 AM","0625","13","Newton","1360","2","626","INTIMATE PARTNER - SIMPLE ASSAULT","0421 0344 0913 0601 1822","20","F","B","102","SIDEWALK","400","STRONG-ARM (HANDS, FIST, FEET OR BODILY FORCE)","IC","Invest Cont","626","","","","5800 W  WESTERN                      AV","","34.0005","-118.2666"]
        36 | date_occ:format | ["200304009","01/07/2020 12:00:00 AM","2020-01-07","0600","03","Southwest","0368","1","341","THEFT-GRAND ($950.01 & OVER)EXCPT,GUNS,FOWL,LIVESTK,PROD","2000","43","M","H","501","SINGLE FAMILY DWELLING","","","IC","Invest Cont","341","","","","6700 W  AVENUE 28","","34.0451","-118.2902"]
        46 | line:too_many_fields | "200104001,01/22/2020 12:00:00 AM,01/22/2020 12:00:00 AM,0830,01,Central,0126,1,330,BURGLARY FROM VEHICLE,1307 0400,45,M,X,101,STREET,,,IC,Invest Cont,330,998,,,3200 W  RIVERSIDE                    DR,,34.0359,-118.2433,EXTRA,EXTRA"
        "#
    );
}

#[test]
fn a_rerun_of_the_same_input_changes_nothing_and_a_forced_one_gives_the_same_bytes() {
    let mut world = world("faulty.csv.gz");
    world.run(None);
    let bytes = |world: &World| -> Vec<(String, Vec<u8>)> {
        let files = world.files("lake").into_iter();
        files.map(|path| (path.display().to_string(), fs::read(&path).expect("readable"))).collect()
    };
    let first = bytes(&world);
    assert_snapshot!(world.run(None).shown(), @r"
    crimes_to_lake → lake/crimes (unchanged): read 3000 loaded 2870 quarantined 86
      dropped undated 11
      dropped before_2020 11
      dropped no_area_name 11
      dropped reported_before_it_happened 11
      bad date_occ:format 11
      bad date_occ:no_such_date 11
      bad line:too_few_fields 11
      bad line:too_many_fields 11
      bad time_occ:range 11
      bad vict_age:type 11
      bad line:not_utf8 10
      bad line:stray_quote 10
    crimes_to_warehouse → staging.crime_victim (unchanged): read 2870 loaded 2148 quarantined 0
      dropped age_unknown 722
      dropped sex_unknown 0
      dropped descent_unknown 0
    unemployment_to_warehouse → staging.unemp_rate (unchanged): read 6 loaded 2 quarantined 0
      dropped other_area_types 1
      dropped before_2020 1
      dropped not_adjusted 1
      dropped no_rate 1
    ");
    assert_eq!(bytes(&world), first);
    world.is_full_refresh = true;
    let outcome = world.run(None);
    assert!(outcome.reports.iter().all(|report| !report.is_unchanged && report.problem.is_none()));
    assert!(bytes(&world) == first, "the lake's bytes changed");
    let loads = "select table_name, count(*), count(distinct load_id), min(rows_read), min(rows_loaded) \
                 from staging._loads group by all order by 1";
    assert_snapshot!(world.query(loads), @r"
    crime_victim | 2 | 1 | 2870 | 2148
    unemp_rate | 2 | 1 | 6 | 2
    ");
}

#[test]
fn a_table_that_was_lost_is_loaded_again_from_the_lake() {
    let mut world = world("faulty.csv.gz");
    world.run(None);
    let nothing = tamis::adapter::Fetch::Nothing;
    world.session().execute("drop table staging.unemp_rate", nothing).expect("dropped");
    world.session().execute("drop schema quarantine cascade", nothing).expect("dropped");
    let outcome = world.run(None);
    assert!(!outcome.report("unemployment_to_warehouse").is_unchanged);
    assert!(outcome.report("crimes_to_warehouse").is_unchanged);
    assert_eq!(world.query("select count(*) from quarantine.crimes_to_lake"), "86");
    assert_snapshot!(world.query("select * from staging.unemp_rate order by 1"), @r"
    2020-01-01 | 4.5
    2020-03-01 | 5.7
    ");
}

#[test]
fn without_a_warehouse_the_lake_alone_is_filled() {
    let mut world = world("faulty.csv.gz");
    let outcome = world.run_in(None, None);
    assert!(outcome.reports.iter().all(|report| report.problem.is_none()));
    assert!(!world.folder.path().join("warehouse.duckdb").exists());
    let names = world.files("lake");
    let root = world.folder.path();
    let names: Vec<_> =
        names.iter().map(|path| path.strip_prefix(root).expect("below").display().to_string()).collect();
    insta::with_settings!({filters => vec![("[0-9a-f]{16}", "<load>")]}, { assert_snapshot!(names.join("\n"), @r"
    lake/crime_victim/_manifest.json
    lake/crime_victim/load_id=<load>/part-0.parquet
    lake/crimes/_manifest.json
    lake/crimes/_quarantine/load_id=<load>/part-0.parquet
    lake/crimes/load_id=<load>/part-0.parquet
    lake/unemp_rate/_manifest.json
    lake/unemp_rate/load_id=<load>/part-0.parquet
    "); });
}

#[test]
fn the_lake_keeps_two_loads_before_the_current_one() {
    let mut world = World::new(
        "ingest: [{name: items, from: {path: items.csv}, columns: [{name: id, type: bigint}], into: {lake: lake/items}}]",
    );
    for last in 1..=5 {
        world.file("items.csv", format!("id\n{last}\n"));
        assert!(world.run_in(None, None).reports[0].problem.is_none());
    }
    let loads = world.files("lake").iter().filter(|path| path.extension().is_some_and(|ext| ext == "parquet")).count();
    assert_eq!(loads, 3);
}
