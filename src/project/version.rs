//! Versions and conditions on them, as dbt reads them: of dbt itself (`require-dbt-version`) and of packages.
//!
//! Nearly semantic versioning: no `^`, no `~`, no wildcards; `<2.0.0` leaves out `2.0.0-rc1`, `<=2.0.0` does not.
//! Source: dbt-common, `semver.py`.

use std::cmp::Ordering;
use std::fmt;

/// The dbt whose behaviour is followed; what `{{ dbt_version }}` shows too.
pub const DBT_VERSION: &str = "1.12.6";

/// Whether all of the conditions (`>=1.3.0`, `<3.0.0`, or several with commas) hold for [`DBT_VERSION`].
///
/// # Errors
/// The condition that cannot be understood.
pub fn is_satisfied(conditions: &[&str]) -> Result<bool, String> {
    let ours = Version::parse(DBT_VERSION).expect("our own version is well formed");
    let mut holds = true;
    for condition in conditions.iter().flat_map(|text| text.split(',')) {
        holds &= Condition::parse(condition.trim()).ok_or_else(|| condition.trim().to_string())?.holds(&ours);
    }
    Ok(holds)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Exact,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// An operator (or none, for "exactly") and a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    operator: Operator,
    version: Version,
}

impl Condition {
    pub fn parse(text: &str) -> Option<Self> {
        let version = text.trim_start_matches(['>', '<', '=']);
        let operator = match &text[..text.len() - version.len()] {
            "" | "=" => Operator::Exact,
            ">" => Operator::Greater,
            ">=" => Operator::AtLeast,
            "<" => Operator::Less,
            "<=" => Operator::AtMost,
            _ => return None,
        };
        Some(Self { operator, version: Version::parse(version.trim())? })
    }

    pub fn holds(&self, version: &Version) -> bool {
        let order = version.cmp(&self.version);
        match self.operator {
            Operator::Exact => order == Ordering::Equal,
            Operator::Greater => order == Ordering::Greater,
            Operator::AtLeast => order != Ordering::Less,
            Operator::AtMost => order != Ordering::Greater,
            // Who stays below 2.0.0 does not want its release candidate.
            Operator::Less => order == Ordering::Less && !version.is_prerelease_of(&self.version),
        }
    }

    /// Whether some version could satisfy both. Ranges are intervals: where each two meet, all do.
    pub fn is_compatible_with(&self, other: &Self) -> bool {
        let order = self.version.cmp(&other.version);
        match (self.operator, other.operator) {
            (Operator::Exact, _) => other.holds(&self.version),
            (_, Operator::Exact) => self.holds(&other.version),
            (Operator::AtLeast, Operator::AtMost) => order != Ordering::Greater,
            (Operator::Greater | Operator::AtLeast, Operator::Less | Operator::AtMost) => order == Ordering::Less,
            (Operator::Less | Operator::AtMost, Operator::Greater | Operator::AtLeast) => {
                other.is_compatible_with(self)
            }
            (Operator::Greater | Operator::AtLeast, Operator::Greater | Operator::AtLeast)
            | (Operator::Less | Operator::AtMost, Operator::Less | Operator::AtMost) => true,
        }
    }

    pub fn is_of_prerelease(&self) -> bool {
        self.version.is_prerelease()
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = match self.operator {
            Operator::Exact => "",
            Operator::Less => "<",
            Operator::AtMost => "<=",
            Operator::Greater => ">",
            Operator::AtLeast => ">=",
        };
        write!(f, "{operator}{}", self.version)
    }
}

/// Three numbers, and perhaps a pre-release such as `rc1`. What stands behind a `+` counts for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    numbers: [u64; 3],
    prerelease: Option<String>,
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.split('+').next()?;
        // Both `1.7.0-rc1` and Python's `1.7.0rc1`.
        let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
        let (numbers, rest) = text.split_at(end);
        let mut parts = numbers.split('.').map(|part| part.parse().ok());
        let numbers = [parts.next()??, parts.next()??, parts.next()??];
        let prerelease = rest.strip_prefix('-').unwrap_or(rest);
        let is_known = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.');
        let is_whole = parts.next().is_none() && rest.chars().all(is_known);
        is_whole.then(|| Self { numbers, prerelease: Some(prerelease.to_string()).filter(|text| !text.is_empty()) })
    }

    pub fn is_prerelease(&self) -> bool {
        self.prerelease.is_some()
    }

    fn is_prerelease_of(&self, other: &Self) -> bool {
        self.is_prerelease() && !other.is_prerelease() && self.numbers == other.numbers
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (&self.prerelease, &other.prerelease) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(ours), Some(theirs)) => compare_prereleases(ours, theirs),
        })
    }
}

/// Part by part: numbers by size and before words, words by letters; of two that begin alike the longer is later.
fn compare_prereleases(one: &str, other: &str) -> Ordering {
    let compare = |one: &str, other: &str| match (one.parse::<u64>(), other.parse::<u64>()) {
        (Ok(one), Ok(other)) => one.cmp(&other),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => one.cmp(other),
    };
    let parts = one.split('.').zip(other.split('.')).map(|(one, other)| compare(one, other));
    parts.reduce(Ordering::then).unwrap_or(Ordering::Equal).then(one.len().cmp(&other.len()))
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        self.prerelease.as_ref().map_or(Ok(()), |prerelease| write!(f, "-{prerelease}"))
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

    #[test]
    fn versions_stand_in_the_order_of_their_numbers_then_of_their_prereleases() {
        let sorted = ["0.9.0", "0.10.0", "1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-a", "1.0.0-a.1", "1.0.0rc1", "1.0.0"];
        for pair in sorted.windows(2) {
            let [one, other] = [0, 1].map(|at| Version::parse(pair[at]).unwrap());
            assert!(one < other, "{pair:?}");
        }
        assert_eq!(Version::parse("1.0.0+build").unwrap(), Version::parse("1.0.0").unwrap());
    }

    #[test]
    fn who_stays_below_a_version_does_not_get_its_prerelease() {
        let holds = |condition: &str, version: &str| {
            Condition::parse(condition).unwrap().holds(&Version::parse(version).unwrap())
        };
        assert!(!holds("<2.0.0", "2.0.0-rc1"));
        assert!(holds("<=2.0.0", "2.0.0-rc1"));
        assert!(holds("<2.0.0-rc2", "2.0.0-rc1"));
        assert!(!holds(">=2.0.0", "2.0.0-rc1"));
    }

    #[test]
    fn conditions_that_no_version_can_satisfy_are_known() {
        let compatible = |one: &str, other: &str| {
            let [one, other] = [one, other].map(|text| Condition::parse(text).unwrap());
            assert_eq!(one.is_compatible_with(&other), other.is_compatible_with(&one), "{one} {other}");
            one.is_compatible_with(&other)
        };
        assert!(compatible(">=1.0.0", "<=1.0.0"));
        assert!(!compatible(">1.0.0", "<=1.0.0"));
        assert!(!compatible(">=1.0.0", "<1.0.0"));
        assert!(!compatible("1.0.0", "1.0.1"));
        assert!(compatible("1.0.0", ">=1.0.0"));
        assert!(!compatible("2.0.0-rc1", "<2.0.0"));
        assert!(compatible(">1.0.0", ">5.0.0"));
    }
}
