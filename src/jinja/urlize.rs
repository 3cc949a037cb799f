//! Jinja2's filter `urlize`: addresses in a text become links.

use std::sync::LazyLock;

use fancy_regex::Regex;
use minijinja::Error;
use minijinja::value::{Rest, Value, ValueOrKwargs};

use super::adapter_object::Arguments;
use super::filters::values_of;
use super::text_filters::escaped;
use super::values::{invalid, python_str};

/// An address with or without its scheme, and one of mail.
/// Source: Jinja2, `utils.urlize`: what it takes for an address.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^((https?://|www\.)(([\w%-]+\.)+)?([a-z]{2,63}|xn--[\w%]{2,59})|([\w%-]{2,63}\.)+(com|net|int|edu|gov|org|info|mil)|(https?://)((\d{1,3}\.){3}\d{1,3}|\[([0-9a-f]{0,4}:){2}[0-9a-f:]+\]))(?::\d{1,5})?(?:[/?#]\S*)?$",
    )
    .expect("the pattern is constant")
});
static MAIL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\S+@\w[\w.-]*\.\w+$").expect("the pattern is constant"));

pub(super) fn urlize(value: Value, args: Rest<ValueOrKwargs>) -> Result<String, Error> {
    let args = values_of(args);
    let arguments = Arguments::new(&args);
    let limit = arguments.get(0, "trim_url_limit").and_then(|limit| limit.as_usize());
    let mut relations: Vec<String> = arguments
        .get(3, "rel")
        .map_or_else(Vec::new, |rel| python_str(&rel).split_whitespace().map(String::from).collect());
    if arguments.flag(1, "nofollow") {
        relations.push("nofollow".to_string());
    }
    relations.push("noopener".to_string());
    relations.sort();
    relations.dedup();
    let target = arguments.get(2, "target").map(|target| format!(" target=\"{}\"", escaped(&python_str(&target))));
    let attributes = format!(" rel=\"{}\"{}", escaped(&relations.join(" ")), target.unwrap_or_default());
    let text = escaped(&python_str(&value));
    let mut out = String::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let blanks = rest.len() - rest.trim_start().len();
        let end = rest[blanks..].find(char::is_whitespace).map_or(rest.len(), |at| blanks + at);
        out.push_str(&rest[..blanks]);
        out.push_str(&linked(&rest[blanks..end], limit, &attributes)?);
        rest = &rest[end..];
    }
    Ok(out)
}

/// A word, as a link where it is an address between brackets and points.
fn linked(word: &str, limit: Option<usize>, attributes: &str) -> Result<String, Error> {
    let inner = word.trim_start_matches(['(', '<']);
    let inner = inner.strip_prefix("&lt;").unwrap_or(inner);
    let head = &word[..word.len() - inner.len()];
    let mut middle = inner;
    loop {
        let shorter = middle.trim_end_matches(['>', '.', ',', '\n']);
        let shorter = shorter.strip_suffix("&gt;").unwrap_or(shorter);
        // A bracket that the address opened is part of it.
        let closes = shorter.ends_with(')') && shorter.matches(')').count() > shorter.matches('(').count();
        let shorter = if closes { &shorter[..shorter.len() - 1] } else { shorter };
        if shorter == middle {
            break;
        }
        middle = shorter;
    }
    let tail = &inner[middle.len()..];
    let failed = |error: fancy_regex::Error| invalid(format!("the address cannot be read: {error}"));
    let shown = match limit {
        Some(limit) if middle.chars().count() > limit => {
            format!("{}...", middle.chars().take(limit).collect::<String>())
        }
        _ => middle.to_string(),
    };
    let link = if ADDRESS.is_match(middle).map_err(failed)? {
        let scheme = if middle.starts_with("http://") || middle.starts_with("https://") { "" } else { "https://" };
        format!("<a href=\"{scheme}{middle}\"{attributes}>{shown}</a>")
    } else if let Some(address) =
        middle.strip_prefix("mailto:").filter(|address| MAIL.is_match(address).unwrap_or(false))
    {
        format!("<a href=\"{middle}\">{address}</a>")
    } else if middle.contains('@')
        && !middle.starts_with("www.")
        && !middle.contains(':')
        && MAIL.is_match(middle).map_err(failed)?
    {
        format!("<a href=\"mailto:{middle}\">{middle}</a>")
    } else {
        middle.to_string()
    };
    Ok(format!("{head}{link}{tail}"))
}
