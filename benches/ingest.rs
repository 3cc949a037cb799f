//! CSV → checked Parquet lake, by the clock of the processor: `cargo bench --bench ingest -- FILE.csv [EXPECT.json]`.
//!
//! Prints rows, CPU seconds and peak memory of this process; with an expectation file of `make_crimes.py`, also
//! whether every count equals it. `benches/ingest.py` makes the files and compares with others.

#[path = "../tests/it/ingest/fixture.rs"]
#[allow(dead_code)]
mod fixture;

use std::path::Path;

use serde_json::Value as Json;

/// Clock ticks of `/proc/self/stat`. Source: proc(5), field 14; 100 on every Linux that Rust runs on.
const TICKS_PER_SECOND: f64 = 100.0;

fn main() {
    // `cargo bench` adds its own flags.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let Some(file) = arguments.first() else {
        eprintln!("usage: cargo bench --bench ingest -- FILE.csv [EXPECT.json]");
        return;
    };
    let file = std::fs::canonicalize(file).expect("the file exists");
    let mut world = fixture::World::la_crimes(&file, "unemployment.csv".as_ref());
    let before = cpu_seconds();
    let outcome = world.run_in(Some(&["crimes_to_lake"]), None);
    let lake_seconds = cpu_seconds() - before;
    let (lake_peak, before) = (peak_megabytes(), cpu_seconds());
    let warehouse = world.run(Some(&["crimes_to_warehouse"]));
    let table_seconds = cpu_seconds() - before;
    print!("{}{}", outcome.shown(), warehouse.shown());
    println!("csv to lake    {lake_seconds:.2} CPU s, peak {lake_peak} MB");
    println!("lake to table  {table_seconds:.2} CPU s, peak {} MB", peak_megabytes());
    if let Some(expectation) = arguments.get(1) {
        let text = std::fs::read_to_string(expectation).expect("the expectation exists");
        let truth: Json = serde_json::from_str(&text).expect("JSON");
        let lake = outcome.report("crimes_to_lake");
        let table = warehouse.report("crimes_to_warehouse");
        let mut is_equal = true;
        for (name, found) in [
            ("rows", lake.rows_read),
            ("rows_every_column_parses", lake.rows_read - lake.rows_quarantined),
            ("rows_after_lake_filters", lake.rows_loaded),
            ("rows_after_warehouse_filters", table.rows_loaded),
        ] {
            let wanted = truth[name].as_u64();
            is_equal &= wanted == Some(found);
            println!("{name:<30} found {found:>9} wanted {:>9}", wanted.unwrap_or_default());
        }
        let files = world.folder.path().join("lake/crimes/load_id=*/*.parquet");
        let keys = format!("select count(distinct dr_no) from read_parquet('{}')", files.display());
        let pairs = [
            ("distinct_dr_no_after_lake_filters", keys, &truth["distinct_dr_no_after_lake_filters"]),
            ("weapon_used", victims("weapon_used_cd = 'Y'"), &truth["warehouse"]["weapon_used"]),
            ("male", victims("vict_sex = 'M'"), &truth["warehouse"]["male"]),
            ("female", victims("vict_sex = 'F'"), &truth["warehouse"]["female"]),
        ];
        let years = each(&truth["warehouse"]["by_year"], |year| format!("year(date_occ) = {year}"));
        let areas = each(&truth["warehouse"]["by_area"], |area| format!("area_name = '{area}'"));
        let pairs = pairs.map(|(name, sql, wanted)| (name.to_string(), sql, wanted));
        for (name, sql, wanted) in pairs.into_iter().chain(years).chain(areas) {
            let found = world.query(&sql);
            if found.parse().ok() != wanted.as_u64() {
                is_equal = false;
                println!("{name:<30} found {found:>9} wanted {wanted:>9}");
            }
        }
        if !is_equal {
            eprintln!("the counts differ");
            std::process::exit(1);
        }
    }
}

fn victims(condition: &str) -> String {
    format!("select count(*) from staging.crime_victim where {condition}")
}

fn each(counts: &Json, condition: impl Fn(&str) -> String) -> Vec<(String, String, &Json)> {
    let entries = counts.as_object().into_iter().flatten();
    entries.map(|(name, wanted)| (name.clone(), victims(&condition(name)), wanted)).collect()
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string(Path::new("/proc/self/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / TICKS_PER_SECOND
}

fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default() / 1024
}
