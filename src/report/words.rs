//! Numbers, sizes, times and plurals as people read them.

/// `1 row`, `18,759 rows`.
pub fn counted(count: usize, noun: &str) -> String {
    let plural = match (noun.strip_suffix('y'), noun.strip_suffix("is")) {
        (Some(stem), _) => format!("{stem}ies"),
        (None, Some(stem)) => format!("{stem}es"),
        (None, None) => format!("{noun}s"),
    };
    format!("{} {}", thousands(count as u64), if count == 1 { noun.to_string() } else { plural })
}

/// `18,759`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `812 B`, `1.2 MiB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut size = count as f64;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{count} B") } else { format!("{size:.1} {}", UNITS[unit]) }
}

/// `0.04s`, `1m 12s`, `2h 03m`.
pub fn duration(elapsed_ms: f64) -> String {
    let seconds = elapsed_ms.max(0.0) / 1000.0;
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{seconds:.2}s"),
        60..3600 => format!("{}m {:02}s", whole / 60, whole % 60),
        3600.. => format!("{}h {:02}m", whole / 3600, whole / 60 % 60),
    }
}

/// `text`, or as much of its two ends as fits.
pub fn shortened(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_string();
    }
    let kept = most.saturating_sub(1);
    let head: String = text.chars().take(kept.div_ceil(2)).collect();
    let tail: String = text.chars().skip(length - kept / 2).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_nouns_agree_with_them() {
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(18_759, "row"), "18,759 rows");
        assert_eq!(counted(0, "saved query"), "0 saved queries");
        assert_eq!(counted(2, "analysis"), "2 analyses");
        assert_eq!(thousands(1_000_000), "1,000,000");
    }

    #[test]
    fn sizes_and_times_take_the_unit_that_fits() {
        assert_eq!(bytes(812), "812 B");
        assert_eq!(bytes(1_258_291), "1.2 MiB");
        assert_eq!(duration(41.0), "0.04s");
        assert_eq!(duration(59_999.0), "1m 00s");
        assert_eq!(duration(7_380_000.0), "2h 03m");
    }

    #[test]
    fn a_long_name_keeps_both_its_ends() {
        assert_eq!(shortened("accepted_values_a", 17), "accepted_values_a");
        assert_eq!(shortened("accepted_values_a", 9), "acce…es_a");
        assert_eq!(shortened("abc", 0), "…");
    }
}
