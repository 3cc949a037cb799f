//! Draws a diagnostic: the one place where problems become pictures.
//!
//! ```text
//! error[unresolved-ref]: model `core` refers to `stg_crime`, which does not exist
//!  --> models/core.sql:1:18
//!   |
//! 1 | select * from {{ ref('stg_crime') }}
//!   |                  ^^^^^^^^^^^^^^^^ no model, seed or snapshot has this name
//!   |
//! help: did you mean `stg_crimes`?
//! ```

use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str as printable,
};

use crate::diagnostic::{Call, Diagnostic, Label, Severity};
use crate::source::{SourceFile, Span};

/// How pictures look on the place they are shown at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub is_colored: bool,
    /// Excerpts of longer lines are cut round the place of interest.
    pub columns: usize,
}

impl Style {
    /// For files, pipes and tests.
    pub const PLAIN: Self = Self { is_colored: false, columns: 140 };
}

/// The picture of a diagnostic, without a newline at its end.
pub fn draw(diagnostic: &Diagnostic, style: Style) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut problem =
        Group::with_title(level.primary_title(printable(&diagnostic.message)).id(printable(diagnostic.code)));
    let labels: Vec<Label> = diagnostic
        .labels
        .iter()
        .map(|label| Label { span: label.span.as_written(), text: label.text.clone() })
        .collect();
    for labels in by_file(&labels) {
        problem = match excerpt(&labels) {
            Some(snippet) => problem.element(snippet),
            None => without_text(problem, &labels),
        };
    }
    for call in &diagnostic.trace {
        problem = problem.element(Level::NOTE.message(call_note(call)));
    }
    for note in &diagnostic.notes {
        problem = problem.element(Level::NOTE.message(printable(note.trim_end())));
    }
    let help = diagnostic.help.as_ref().map(|help| Group::with_title(Level::HELP.secondary_title(printable(help))));
    let renderer = if style.is_colored { Renderer::styled().hyperlink(false) } else { Renderer::plain() };
    let renderer = renderer.term_width(style.columns);
    // With nothing between message and help, they stand as two reports: one would draw an empty margin.
    let is_bare = diagnostic.labels.is_empty() && diagnostic.trace.is_empty() && diagnostic.notes.is_empty();
    let reports = if is_bare {
        std::iter::once(problem).chain(help).map(|group| vec![group]).collect()
    } else {
        vec![std::iter::once(problem).chain(help).collect()]
    };
    let pictures: Vec<_> =
        reports.iter().map(|report: &Vec<Group<'_>>| without_trailing_spaces(&renderer.render(report))).collect();
    pictures.join("\n")
}

/// Labels of one file together, in order of first mention: the primary label's file comes first.
fn by_file(labels: &[Label]) -> Vec<Vec<&Label>> {
    let mut files: Vec<Vec<&Label>> = Vec::new();
    for label in labels {
        match files.iter_mut().find(|known| is_same_file(&known[0].span.file, &label.span.file)) {
            Some(known) => known.push(label),
            None => files.push(vec![label]),
        }
    }
    files
}

// A file may have been read twice: by path it is the same, but offsets only fit when its text is too.
fn is_same_file(one: &Arc<SourceFile>, other: &Arc<SourceFile>) -> bool {
    Arc::ptr_eq(one, other) || (one.path == other.path && one.text == other.text)
}

/// The file's name and what was to be said there.
fn without_text<'a>(problem: Group<'a>, labels: &[&Label]) -> Group<'a> {
    let problem = problem.element(Origin::path(printable(&labels[0].span.file.path)));
    let texts = labels.iter().map(|label| &label.text).filter(|text| !text.is_empty());
    problem.elements(texts.map(|text| Level::NOTE.message(printable(text))))
}

/// The lines from the first label to the last; annotate-snippets folds what lies between.
/// `None` where the file has no text: it could not be read, or is empty.
fn excerpt<'a>(labels: &[&Label]) -> Option<Snippet<'a, Annotation<'a>>> {
    let file = &labels[0].span.file;
    if file.text.is_empty() {
        return None;
    }
    let spans: Vec<_> = labels.iter().map(|label| first_line_of(&label.span)).collect();
    let start = spans.iter().map(|span| line_start(file, span.start)).min()?;
    let end = spans.iter().map(|span| line_end(file, span.end)).max()?;
    let (first_line, _) = file.line_column(start);
    let annotations = labels.iter().zip(spans).enumerate().map(|(index, (label, span))| {
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(span.start - start..span.end - start);
        if label.text.is_empty() { annotation } else { annotation.label(printable(&label.text)) }
    });
    // The excerpt may be empty at the end of a file; a space gives the caret something to stand under.
    let text = if start == end { " ".to_string() } else { file.text[start..end].to_string() };
    Some(Snippet::source(text).path(printable(&file.path)).line_start(first_line).annotations(annotations))
}

/// A block of many lines is pointed at where it begins: the whole of it would bury the message.
fn first_line_of(span: &Span) -> Range<usize> {
    let Range { start, end } = span.range();
    let end = end.min(start + span.file.text[start..].find('\n').unwrap_or(span.file.text.len() - start));
    start..end.max(start)
}

fn line_start(file: &SourceFile, offset: usize) -> usize {
    file.text[..offset].rfind('\n').map_or(0, |newline| newline + 1)
}

fn line_end(file: &SourceFile, offset: usize) -> usize {
    file.text[offset..].find('\n').map_or(file.text.len(), |newline| offset + newline)
}

fn call_note(call: &Call) -> String {
    format!("in macro `{}`, called at {}", printable(&call.name), printable(&call.span.to_string()))
}

fn without_trailing_spaces(picture: &str) -> String {
    picture.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn file(path: &str, text: &str) -> Arc<SourceFile> {
        SourceFile::in_memory(path, text)
    }

    fn find(file: &Arc<SourceFile>, wanted: &str) -> Span {
        let start = file.text.find(wanted).unwrap();
        Span::new(file, start..start + wanted.len())
    }

    fn plain(diagnostic: &Diagnostic) -> String {
        draw(diagnostic, Style::PLAIN)
    }

    #[test]
    fn a_problem_points_into_the_users_file_and_says_what_to_do() {
        let model = file("models/core/core.sql", "select *\nfrom x\n\n  {{ star(ref('stg_crime')) }}\n");
        let problem = Diagnostic::error("unresolved-ref", "model `core` refers to `stg_crime`, which does not exist")
            .at(find(&model, "stg_crime"), "no model, seed or snapshot has this name")
            .suggest("stg_crime", ["stg_crimes"]);
        assert_snapshot!(plain(&problem), @"
        error[unresolved-ref]: model `core` refers to `stg_crime`, which does not exist
         --> models/core/core.sql:4:16
          |
        4 |   {{ star(ref('stg_crime')) }}
          |                ^^^^^^^^^ no model, seed or snapshot has this name
          |
        help: did you mean `stg_crimes`?
        ");
    }

    #[test]
    fn labels_of_several_files_notes_and_the_macro_trace_are_all_shown() {
        let model = file("models/a.sql", "{{ config(alias='x') }}\nselect 1 as id\n");
        let other = file("models/b.sql", "{{ config(alias='x') }}\nselect 2 as id\n");
        let mut problem = Diagnostic::error("equal-relations", "models `a` and `b` are both `main.x`")
            .at(find(&model, "alias='x'"), "first named here")
            .at(find(&model, "id"), "")
            .at(find(&other, "alias='x'"), "and again here")
            .note("compiled SQL is in target/compiled/shop/models/a.sql")
            .note("the warehouse said:\nline one\nline two\n");
        problem.trace.push(Call { name: "star".into(), span: find(&model, "select") });
        assert_snapshot!(plain(&problem), @"
        error[equal-relations]: models `a` and `b` are both `main.x`
         --> models/a.sql:1:11
          |
        1 | {{ config(alias='x') }}
          |           ^^^^^^^^^ first named here
        2 | select 1 as id
          |             --
          |
         ::: models/b.sql:1:11
          |
        1 | {{ config(alias='x') }}
          |           ^^^^^^^^^ and again here
          |
          = note: in macro `star`, called at models/a.sql:2:1
          = note: compiled SQL is in target/compiled/shop/models/a.sql
          = note: the warehouse said:
                  line one
                  line two
        ");
    }

    #[test]
    fn a_place_without_text_and_a_problem_without_a_place_are_drawn_too() {
        let empty = file("models/empty.yml", "");
        let unreadable = Diagnostic::warning("unreadable-file", "cannot read `models/empty.yml`")
            .at(Span::start_of(&empty), "permission denied");
        assert_snapshot!(plain(&unreadable), @"
        warning[unreadable-file]: cannot read `models/empty.yml`
        --> models/empty.yml
         = note: permission denied
        ");
        assert_snapshot!(plain(&Diagnostic::error("no-project", "no dbt_project.yml here").help("run `tamis init`")), @"
        error[no-project]: no dbt_project.yml here
        help: run `tamis init`
        ");
    }

    #[test]
    fn tabs_control_characters_long_lines_and_ends_of_files_do_no_harm() {
        let tabs = file("a.sql", "\tselect\tnope from t");
        assert_snapshot!(plain(&Diagnostic::error("bad-sql", "no column \u{1b}[31m`nope`").at(find(&tabs, "nope"), "")), @"
        error[bad-sql]: no column ␛[31m`nope`
         --> a.sql:1:9
          |
        1 |     select    nope from t
          |               ^^^^
        ");
        let long = file("a.sql", &format!("select {} nope {}", "a, ".repeat(200), ", b".repeat(200)));
        assert_snapshot!(plain(&Diagnostic::error("bad-sql", "no column").at(find(&long, "nope"), "here")), @"
        error[bad-sql]: no column
         --> a.sql:1:609
          |
        1 | ..., a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a,  nope , b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, ...
          |                                                                ^^^^ here
        ");
        let end = file("a.sql", "select 1\r\n");
        assert_snapshot!(plain(&Diagnostic::error("bad-sql", "text ends").at(Span::new(&end, 10..10), "here")), @"
        error[bad-sql]: text ends
         --> a.sql:2:1
          |
        2 |
          | ^ here
        ");
        let wide = file("a.sql", "select 'é漢' as nope");
        assert_snapshot!(plain(&Diagnostic::error("bad-sql", "wide").at(find(&wide, "nope"), "here")), @"
        error[bad-sql]: wide
         --> a.sql:1:16
          |
        1 | select 'é漢' as nope
          |                 ^^^^ here
        ");
    }

    #[test]
    fn a_block_of_many_lines_is_pointed_at_where_it_begins() {
        let yml = file("models/s.yml", "models:\n  - name: a\n    columns:\n      - name: b\n");
        let span = Span::new(&yml, 12..yml.text.len());
        assert_snapshot!(plain(&Diagnostic::warning("unused-entry", "`a` is no model").at(span, "described here")), @"
        warning[unused-entry]: `a` is no model
         --> models/s.yml:2:5
          |
        2 |   - name: a
          |     ^^^^^^^ described here
        ");
    }

    #[test]
    fn color_changes_nothing_but_the_color() {
        let model = file("a.sql", "select nope");
        let problem = Diagnostic::error("bad-sql", "no column").at(find(&model, "nope"), "here").help("remove it");
        let colored = draw(&problem, Style { is_colored: true, ..Style::PLAIN });
        assert!(colored.contains('\u{1b}'));
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain(&problem));
    }
}
