//! `require-dbt-version`: whether a project wants the dbt that we are.

use std::cmp::Ordering;

/// The dbt whose behaviour is followed; what `{{ dbt_version }}` shows too.
pub const DBT_VERSION: &str = "1.12.6";

/// Whether all of the conditions (`>=1.3.0`, `<3.0.0`, or several with commas) hold for [`DBT_VERSION`].
///
/// # Errors
/// The condition that cannot be understood.
pub(super) fn is_satisfied(conditions: &[&str]) -> Result<bool, String> {
    let ours = Version::parse(DBT_VERSION).expect("our own version is well formed");
    let mut holds = true;
    for condition in conditions.iter().flat_map(|text| text.split(',')) {
        holds &= Condition::parse(condition).ok_or_else(|| condition.trim().to_string())?.holds(&ours);
    }
    Ok(holds)
}

struct Condition {
    operator: String,
    version: Version,
}

impl Condition {
    /// Source: dbt-common, `semver.py`: an operator (or none, for "exactly") and a version of three numbers.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let version = text.trim_start_matches(['>', '<', '=']);
        let operator = &text[..text.len() - version.len()];
        let is_known = matches!(operator, "" | "=" | ">" | "<" | ">=" | "<=");
        is_known.then_some(Self { operator: operator.to_string(), version: Version::parse(version.trim())? })
    }

    fn holds(&self, ours: &Version) -> bool {
        let order = ours.compare(&self.version);
        match self.operator.as_str() {
            ">" => order == Ordering::Greater,
            ">=" => order != Ordering::Less,
            "<" => order == Ordering::Less,
            "<=" => order != Ordering::Greater,
            _ => order == Ordering::Equal,
        }
    }
}

/// Three numbers, and perhaps a pre-release such as `rc1`.
struct Version {
    numbers: [u64; 3],
    prerelease: Option<String>,
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let text = text.split('+').next()?;
        // Both `1.7.0-rc1` and Python's `1.7.0rc1`.
        let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
        let (numbers, rest) = text.split_at(end);
        let mut parts = numbers.split('.').map(|part| part.parse().ok());
        let numbers = [parts.next()??, parts.next()??, parts.next()??];
        let prerelease = rest.strip_prefix('-').unwrap_or(rest);
        let is_whole = parts.next().is_none() && !rest.contains(char::is_whitespace);
        is_whole.then(|| Self { numbers, prerelease: Some(prerelease.to_string()).filter(|text| !text.is_empty()) })
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (&self.prerelease, &other.prerelease) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(ours), Some(theirs)) => ours.cmp(theirs),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_held_against_our_version() {
        for (conditions, answer) in [
            (vec![">=1.3.0", "<3.0.0"], Ok(true)),
            (vec![">=1.3.0,<1.12.6"], Ok(false)),
            (vec![">= 1.12.6"], Ok(true)),
            (vec!["1.12.6"], Ok(true)),
            (vec!["=1.12.5"], Ok(false)),
            (vec![">1.12.6-rc1"], Ok(true)),
            (vec![">=1.13.0b1"], Ok(false)),
            (vec![">=1.0"], Err(">=1.0".to_string())),
            (vec!["~1.0.0"], Err("~1.0.0".to_string())),
            (vec![""], Err(String::new())),
        ] {
            assert_eq!(is_satisfied(&conditions), answer, "{conditions:?}");
        }
    }
}
