//! Shell patterns: `*`, `?`, `[abc]`, `[a-z]`, `[!a]`, as Python's `fnmatch` and `glob` read them.

/// Whether the whole of `text` matches; `*` also crosses dots and slashes.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    if !has_wildcard(pattern) {
        return pattern == text;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    matches_chars(&pattern, &text)
}

pub(super) fn has_wildcard(pattern: &str) -> bool {
    pattern.contains(['*', '?', '['])
}

/// Walks both with one point of return: where the last `*` stood and how much it has eaten.
fn matches_chars(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if p < pattern.len() && pattern[p] == '*' {
            retry = Some((p, t));
            p += 1;
            continue;
        }
        if t == text.len() && p == pattern.len() {
            return true;
        }
        if let Some((length, true)) = one(pattern, p, text.get(t).copied()) {
            p += length;
            t += 1;
            continue;
        }
        match retry {
            Some((star, eaten)) if eaten < text.len() => {
                retry = Some((star, eaten + 1));
                (p, t) = (star + 1, eaten + 1);
            }
            _ => return false,
        }
    }
}

/// Length of the pattern's item at `p`, and whether it matches the character.
fn one(pattern: &[char], p: usize, character: Option<char>) -> Option<(usize, bool)> {
    let character = character?;
    match pattern.get(p)? {
        '?' => Some((1, true)),
        '[' => Some(match class(&pattern[p..], character) {
            Some(found) => found,
            // Never closed: the bracket stands for itself.
            None => (1, character == '['),
        }),
        literal => Some((1, *literal == character)),
    }
}

/// `[…]` at the start of `pattern`: its length, and whether `character` is in it.
fn class(pattern: &[char], character: char) -> Option<(usize, bool)> {
    let is_negated = pattern.get(1) == Some(&'!');
    let start = if is_negated { 2 } else { 1 };
    // A bracket that comes first is a member, not the end.
    let end = (start + 1..pattern.len()).find(|at| pattern[*at] == ']')?;
    let members = &pattern[start..end];
    let mut is_member = false;
    let mut at = 0;
    while at < members.len() {
        if at + 2 < members.len() && members[at + 1] == '-' {
            is_member |= (members[at]..=members[at + 2]).contains(&character);
            at += 3;
        } else {
            is_member |= members[at] == character;
            at += 1;
        }
    }
    Some((end + 1, is_member != is_negated))
}

/// Whether a path, or a folder it lies in, matches; `*` stays inside one part, `**` crosses folders.
pub(super) fn matches_path(pattern: &str, path: &str) -> bool {
    !pattern.is_empty() && matches_parts(&pattern_parts(pattern), &parts(path), true)
}

/// Whether the path of a file matches as a whole; a `**` at the end means folders only.
pub(super) fn matches_file(pattern: &str, path: &str) -> bool {
    let pattern = pattern_parts(pattern);
    pattern.last().is_some_and(|part| *part != "**") && matches_parts(&pattern, &parts(path), false)
}

fn pattern_parts(pattern: &str) -> Vec<&str> {
    pattern.split(['/', std::path::MAIN_SEPARATOR]).filter(is_part).collect()
}

fn parts(path: &str) -> Vec<&str> {
    path.split('/').filter(is_part).collect()
}

fn is_part(part: &&str) -> bool {
    !part.is_empty() && *part != "."
}

/// Follows all ways to match at once: `reached` tells after how many parts of the path the pattern can stand.
fn matches_parts(pattern: &[&str], path: &[&str], may_lie_below: bool) -> bool {
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for part in pattern {
        if *part == "**" {
            let first = reached.iter().position(|is_reached| *is_reached).unwrap_or(reached.len());
            reached[first..].fill(true);
        } else {
            for at in (0..path.len()).rev() {
                reached[at + 1] = reached[at] && matches(part, path[at]);
            }
            reached[0] = false;
        }
    }
    // What is left of the path lies below the folder that matched.
    if may_lie_below { reached.contains(&true) } else { reached[path.len()] }
}

#[cfg(test)]
mod tests {
    use super::{matches, matches_file, matches_path};

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text) in [
            ("stg_*", "stg_crimes"),
            ("*", ""),
            ("*crime*", "stg_crimes"),
            ("s?g", "stg"),
            ("[a-c]x", "bx"),
            ("[!a]x", "bx"),
            ("[]]x", "]x"),
            ("a[b", "a[b"),
            ("a.*.c", "a.b.d.c"),
            ("**a", "bba"),
        ] {
            assert!(matches(pattern, text), "{pattern} matches {text}");
        }
        for (pattern, text) in
            [("stg", "stg_crimes"), ("s?g", "sg"), ("[!a]x", "ax"), ("*a", "ab"), ("[a-c]", "d"), ("?", "")]
        {
            assert!(!matches(pattern, text), "{pattern} does not match {text}");
        }
    }

    #[test]
    fn a_path_matches_with_all_that_lies_below_it() {
        let path = "models/staging/stg_a.sql";
        for pattern in ["models", "models/", "./models/staging", "models/*", "models/**", "**/stg_a.sql", path] {
            assert!(matches_path(pattern, path), "{pattern}");
        }
        for pattern in ["", "staging", "model", "models/stg*", "models/*.sql", "models/staging/stg_a"] {
            assert!(!matches_path(pattern, path), "{pattern}");
        }
    }

    #[test]
    fn a_file_matches_only_as_a_whole() {
        let path = "models/staging/_schema.yml";
        for pattern in [path, "models/**/*.yml", "models/*/_schema.yml", "./models/staging/*"] {
            assert!(matches_file(pattern, path), "{pattern}");
        }
        for pattern in ["", "models", "models/staging", "models/**", "**", "models/*"] {
            assert!(!matches_file(pattern, path), "{pattern}");
        }
    }
}
