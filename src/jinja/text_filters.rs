//! Jinja2's filters on texts: cut, wrapped, indented, made safe for HTML and addresses.

use minijinja::value::{Rest, Value, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, State};
use minijinja_contrib::filters as contrib;

use super::adapter_object::Arguments;
use super::filters::values_of;
use super::silent::is_undefined;
use super::values::{invalid, pairs, python_str, to_json};

pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_filter("string", |value: Value| python_str(&value));
    environment.add_filter("format", |format: String, args: Rest<ValueOrKwargs>| {
        super::string_format::format_filter(&format, &values_of(args))
    });
    environment.add_filter("truncate", truncate);
    environment.add_filter("wordcount", |value: Value| {
        let text = python_str(&value);
        text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).count()
    });
    environment.add_filter("center", |state: &mut State<'_, '_>, value: Value, width: Option<usize>| {
        let width = Value::from(width.unwrap_or(80));
        super::methods::call(state, &Value::from(python_str(&value)), "center", &[width])
    });
    environment.add_filter("wordwrap", wordwrap);
    environment.add_filter("indent", indent);
    environment.add_filter("striptags", |value: Value| contrib::striptags(python_str(&value)));
    environment.add_filter("filesizeformat", |value: Value, binary: Option<bool>| -> Result<String, Error> {
        let size = super::filters::real(&value).ok_or_else(|| invalid("a size is a number"))?;
        Ok(contrib::filesizeformat(size, binary))
    });
    for name in ["e", "escape", "forceescape"] {
        environment.add_filter(name, |value: Value| escaped(&python_str(&value)));
    }
    environment.add_filter("xmlattr", xml_attributes);
    environment.add_filter("urlencode", url_encoded);
    environment.add_filter("urlize", super::urlize::urlize);
    environment.add_filter("tojson", |value: Value, args: Rest<ValueOrKwargs>| {
        let args = values_of(args);
        let indent = Arguments::new(&args).get(0, "indent").and_then(|indent| indent.as_usize());
        Value::from(html_safe(&super::yaml_text::python_json_indented(&to_json(&value), true, indent)))
    });
}

/// Source: Jinja2, `do_truncate`: a text a little too long is left whole.
fn truncate(value: Value, args: Rest<ValueOrKwargs>) -> Result<String, Error> {
    let args = values_of(args);
    let arguments = Arguments::new(&args);
    let text = python_str(&value);
    let number = |at: usize, name: &str, default: usize| {
        arguments.get(at, name).and_then(|value| value.as_usize()).unwrap_or(default)
    };
    let (length, leeway) = (number(0, "length", 255), number(3, "leeway", 5));
    let end = arguments.get(2, "end").map_or_else(|| "...".to_string(), |end| python_str(&end));
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= length + leeway {
        return Ok(text);
    }
    let kept =
        length.checked_sub(end.chars().count()).ok_or_else(|| invalid("the length is less than that of `end`"))?;
    let cut: String = letters[..kept].iter().collect();
    if arguments.flag(1, "killwords") {
        return Ok(cut + &end);
    }
    let whole_words = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    Ok(format!("{whole_words}{end}"))
}

/// Widest indent and wrap: a typo must not fill the memory.
const WIDTH_MAX: usize = 1 << 16;

/// Source: Jinja2, `do_indent`: the width may be the text to put before each line, and a newline at the end stays.
fn indent(value: Value, args: Rest<ValueOrKwargs>) -> String {
    let args = values_of(args);
    let arguments = Arguments::new(&args);
    let before = match arguments.get(0, "width") {
        Some(width) if width.as_str().is_some() => python_str(&width),
        width => " ".repeat(width.and_then(|width| width.as_usize()).unwrap_or(4).min(WIDTH_MAX)),
    };
    let (first, blank) = (arguments.flag(1, "first"), arguments.flag(2, "blank"));
    let text = python_str(&value).replace("\r\n", "\n");
    let mut out = if first { before.clone() } else { String::new() };
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
            if blank || !line.is_empty() {
                out.push_str(&before);
            }
        }
        out.push_str(line);
    }
    out
}

/// Source: Jinja2, `do_wordwrap`, and Python's `textwrap`.
fn wordwrap(value: Value, args: Rest<ValueOrKwargs>) -> String {
    let args = values_of(args);
    let arguments = Arguments::new(&args);
    let wrap = Wrap {
        width: arguments.get(0, "width").and_then(|width| width.as_usize()).unwrap_or(79).max(1),
        breaks_long: arguments.get(1, "break_long_words").is_none_or(|breaks| breaks.is_true()),
        breaks_hyphens: arguments.get(3, "break_on_hyphens").is_none_or(|breaks| breaks.is_true()),
    };
    let newline = arguments.get(2, "wrapstring").map_or_else(|| "\n".to_string(), |newline| python_str(&newline));
    let text = python_str(&value);
    text.lines().map(|line| wrap.lines(line).join(&newline)).collect::<Vec<_>>().join(&newline)
}

struct Wrap {
    width: usize,
    breaks_long: bool,
    breaks_hyphens: bool,
}

impl Wrap {
    fn lines(&self, line: &str) -> Vec<String> {
        let mut lines: Vec<Vec<char>> = vec![Vec::new()];
        for mut chunk in self.chunks(line) {
            let current = lines.last_mut().map(std::mem::take).unwrap_or_default();
            lines.pop();
            let is_blank = chunk.iter().all(|letter| letter.is_whitespace());
            // Blanks are dropped where a line begins, except at the very start.
            if is_blank && current.is_empty() && !lines.is_empty() {
                lines.push(current);
                continue;
            }
            if current.len() + chunk.len() <= self.width {
                lines.push([current, chunk].concat());
                continue;
            }
            if chunk.len() <= self.width || !self.breaks_long {
                if !current.is_empty() {
                    lines.push(current);
                }
                lines.push(if is_blank { Vec::new() } else { chunk });
                continue;
            }
            // A word longer than a line fills what is left of this one.
            let mut current = current;
            while current.len() + chunk.len() > self.width {
                let room = (self.width - current.len().min(self.width)).max(usize::from(current.is_empty()));
                let end = self.cut(&chunk, room);
                current.extend(chunk.drain(..end));
                lines.push(std::mem::take(&mut current));
            }
            lines.push(chunk);
        }
        let trimmed = |line: Vec<char>| line.into_iter().collect::<String>().trim_end().to_string();
        lines.into_iter().map(trimmed).filter(|line| !line.is_empty()).collect()
    }

    /// How many letters of a long word go onto a line that has `room` left.
    fn cut(&self, word: &[char], room: usize) -> usize {
        let hyphen = word[..room].iter().rposition(|letter| *letter == '-').filter(|_| self.breaks_hyphens);
        hyphen.filter(|at| word[..*at].iter().any(|letter| *letter != '-')).map_or(room, |at| at + 1)
    }

    /// Words, blanks, and the parts of words with hyphens between letters.
    fn chunks(&self, line: &str) -> Vec<Vec<char>> {
        let letters: Vec<char> = line.chars().collect();
        let mut chunks: Vec<Vec<char>> = Vec::new();
        for (at, letter) in letters.iter().enumerate() {
            let is_start = match at.checked_sub(1).map(|before| letters[before]) {
                None => true,
                Some(before) => {
                    before.is_whitespace() != letter.is_whitespace()
                        || (self.breaks_hyphens && before == '-' && may_break_after(&letters, at - 1))
                }
            };
            match chunks.last_mut() {
                Some(chunk) if !is_start => chunk.push(*letter),
                _ => chunks.push(vec![*letter]),
            }
        }
        chunks
    }
}

/// A hyphen between two letters and two letters; a letter may have a hyphen of its own: `e-mail-server`.
fn may_break_after(letters: &[char], at: usize) -> bool {
    let is = |position: Option<usize>, wanted: fn(&char) -> bool| {
        position.and_then(|position| letters.get(position)).is_some_and(wanted)
    };
    let letter: fn(&char) -> bool = |c| c.is_alphabetic() || *c == '_';
    let hyphen: fn(&char) -> bool = |c| *c == '-';
    let before = |count: usize| at.checked_sub(count);
    let ends = is(before(1), letter) && (is(before(2), letter) || (is(before(2), hyphen) && is(before(3), letter)));
    let begins = is(Some(at + 1), letter)
        && (is(Some(at + 2), letter) || (is(Some(at + 2), hyphen) && is(Some(at + 3), letter)));
    ends && begins
}

fn xml_attributes(value: Value, args: Rest<ValueOrKwargs>) -> Result<String, Error> {
    let args = values_of(args);
    let has_space = Arguments::new(&args).get(0, "autospace").is_none_or(|space| space.is_true());
    let mut attributes = Vec::new();
    for (name, value) in pairs(&value)? {
        let name = python_str(&name);
        if name.contains(|c: char| c.is_whitespace() || matches!(c, '/' | '>' | '=')) {
            return Err(invalid(format!("`{name}` cannot be the name of an attribute")));
        }
        if !value.is_none() && !is_undefined(&value) {
            attributes.push(format!("{}=\"{}\"", escaped(&name), escaped(&python_str(&value))));
        }
    }
    let space = if has_space && !attributes.is_empty() { " " } else { "" };
    Ok(format!("{space}{}", attributes.join(" ")))
}

/// A text with its slashes kept; of a dict or of pairs, a query.
fn url_encoded(value: Value) -> Result<String, Error> {
    let is_query =
        value.as_str().is_none() && matches!(value.kind(), ValueKind::Map | ValueKind::Seq | ValueKind::Iterable);
    if !is_query {
        return Ok(percent_encoded(&python_str(&value), "/"));
    }
    let part = |value: &Value| percent_encoded(&python_str(value), " ").replace(' ', "+");
    let query = pairs(&value)?.into_iter().map(|(name, value)| format!("{}={}", part(&name), part(&value)));
    Ok(query.collect::<Vec<_>>().join("&"))
}

fn percent_encoded(text: &str, kept: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match char::from(byte) {
            letter if letter.is_ascii_alphanumeric() || "_.-~".contains(letter) || kept.contains(letter) => {
                out.push(letter)
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

pub(super) fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&#34;").replace('\'', "&#39;")
}

/// Source: Jinja2, `htmlsafe_json_dumps`.
fn html_safe(json: &str) -> String {
    let json = json.replace('<', "\\u003c").replace('>', "\\u003e");
    json.replace('&', "\\u0026").replace('\'', "\\u0027")
}
