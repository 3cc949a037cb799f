//! Finds the declared columns in a file's header, and says what drifted.
//!
//! Portals pad names, change their case and add columns: what can be told apart surely is matched with a warning,
//! what cannot is an error that names the nearest.

use super::pipeline::{Contract, HeaderMatch, InputColumn, OnDrift};
use crate::diagnostic::{Diagnostic, nearest};
use crate::source::Span;

/// For each declared column, its position in the file; `None` where the file has no such column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Positions {
    pub columns: Vec<Option<usize>>,
    /// Fields every record must have.
    pub width: usize,
}

/// # Errors
/// Columns are missing, doubled or surplus against the contract: all of them, warnings included.
pub fn match_header(
    names: &[String],
    columns: &[InputColumn],
    how: HeaderMatch,
    contract: Contract,
    from: &Span,
) -> (Option<Positions>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let mut is_taken = vec![false; names.len()];
    let mut positions: Vec<Option<usize>> = Vec::new();
    // Exact names first, so that a loose one never takes the place of another column's exact one.
    for column in columns {
        let exact = wanted_names(column).find_map(|wanted| unique_position(names, &is_taken, |name| name == wanted));
        if let Some(at) = exact {
            is_taken[at] = true;
        }
        positions.push(exact);
    }
    if how == HeaderMatch::Loose {
        for (column, position) in columns.iter().zip(&mut positions).filter(|(_, position)| position.is_none()) {
            *position = loose_position(names, &is_taken, column);
            let Some(at) = *position else { continue };
            is_taken[at] = true;
            let is_padded = names[at] != names[at].trim();
            if !column.from.is_empty() || is_padded {
                problems.push(drifted_name(column, &names[at]));
            }
        }
    }
    for (column, _) in columns.iter().zip(&positions).filter(|(_, position)| position.is_none()) {
        problems.extend(missing_column(column, names, &is_taken, contract));
    }
    let has_error = problems.iter().any(Diagnostic::is_error);
    problems.extend(new_columns(names, &is_taken, contract, from, has_error));
    let is_usable = !problems.iter().any(Diagnostic::is_error);
    (is_usable.then_some(Positions { columns: positions, width: names.len() }), problems)
}

fn wanted_names(column: &InputColumn) -> impl Iterator<Item = &str> {
    let own_name = column.from.is_empty().then_some(column.name.as_str());
    column.from.iter().map(String::as_str).chain(own_name)
}

fn loose_position(names: &[String], is_taken: &[bool], column: &InputColumn) -> Option<usize> {
    wanted_names(column)
        .find_map(|wanted| unique_position(names, is_taken, |name| name.trim() == wanted.trim()))
        .or_else(|| {
            wanted_names(column)
                .find_map(|wanted| unique_position(names, is_taken, |name| snake_case(name) == snake_case(wanted)))
        })
}

/// The one free position that fits; two that fit are no answer.
fn unique_position(names: &[String], is_taken: &[bool], fits: impl Fn(&str) -> bool) -> Option<usize> {
    let mut fitting = names.iter().enumerate().filter(|(at, name)| !is_taken[*at] && fits(name)).map(|(at, _)| at);
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

/// `Part 1-2` → `part_1_2`, `Seasonally Adjusted(Y/N)` → `seasonally_adjusted_y_n`.
pub fn snake_case(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

fn drifted_name(column: &InputColumn, found: &str) -> Diagnostic {
    let wanted = column.from.first().unwrap_or(&column.name);
    Diagnostic::warning("header-drift", format!("the file calls column `{wanted}` `{found}`"))
        .at(column.span.clone(), format!("read from `{found}`"))
        .help(format!("if the new name is there to stay, add it: `from: [\"{wanted}\", \"{found}\"]`"))
}

fn missing_column(column: &InputColumn, names: &[String], is_taken: &[bool], contract: Contract) -> Option<Diagnostic> {
    let wanted = column.from.first().unwrap_or(&column.name);
    let message = format!("the file has no column `{wanted}`");
    let (problem, label) = match (column.is_required, contract.missing_column) {
        (true, _) => (Diagnostic::error("missing-column", message), "it is required"),
        (false, OnDrift::Fail) => (Diagnostic::error("missing-column", message), "declared here"),
        (false, OnDrift::Warn) => (Diagnostic::warning("missing-column", message), "every row gets a null"),
        (false, OnDrift::Ignore) => return None,
    };
    let problem = problem.at(column.span.clone(), label);
    let fits = names.iter().filter(|name| snake_case(name) == snake_case(wanted)).count();
    if fits > 1 {
        return Some(problem.note(format!("{fits} columns of the file could be meant by that name")));
    }
    let free: Vec<&str> =
        names.iter().zip(is_taken).filter(|(_, is_taken)| !**is_taken).map(|(name, _)| &**name).collect();
    let problem = match nearest(wanted, free.iter().copied()) {
        Some(name) => problem.help(format!("the file has `{name}`: write `from: \"{name}\"` if that is it")),
        None if free.is_empty() => problem,
        None => problem.note(format!("columns nobody reads: {}", listed(&free))),
    };
    Some(problem)
}

fn new_columns(
    names: &[String],
    is_taken: &[bool],
    contract: Contract,
    from: &Span,
    has_error: bool,
) -> Option<Diagnostic> {
    let free: Vec<&str> =
        names.iter().zip(is_taken).filter(|(_, is_taken)| !**is_taken).map(|(name, _)| &**name).collect();
    if free.is_empty() {
        return None;
    }
    let message = match free.as_slice() {
        [name] => format!("the file has a column that is not declared: `{name}`"),
        several => format!("the file has columns that are not declared: {}", listed(several)),
    };
    let problem = match contract.new_column {
        // The missing columns' messages already name them.
        OnDrift::Ignore | OnDrift::Warn if has_error => return None,
        OnDrift::Ignore => return None,
        OnDrift::Warn => Diagnostic::warning("new-column", message),
        OnDrift::Fail => Diagnostic::error("new-column", message),
    };
    Some(
        problem
            .at(from.clone(), "read here")
            .help("declare it under `columns`, or say `contract: {new_column: ignore}`"),
    )
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::types::Type;
    use crate::source::SourceFile;

    fn column(name: &str, from: &[&str], is_required: bool) -> InputColumn {
        let file = SourceFile::in_memory("models/sources.yml", name);
        InputColumn {
            name: name.to_string(),
            from: from.iter().map(ToString::to_string).collect(),
            kind: Type::Varchar,
            formats: Vec::new(),
            is_required,
            is_trimmed: false,
            span: Span::start_of(&file),
        }
    }

    fn matched(header: &str, columns: &[InputColumn], how: HeaderMatch, on_drift: OnDrift) -> String {
        let names: Vec<String> = header.split(',').map(str::to_string).collect();
        let contract = Contract { new_column: on_drift, missing_column: on_drift, min_rows: 1 };
        let from = Span::start_of(&SourceFile::in_memory("models/sources.yml", "from"));
        let (positions, problems) = match_header(&names, columns, how, contract, &from);
        let positions = positions.map(|positions| format!("{:?}", positions.columns));
        let lines = problems.iter().map(|problem| {
            let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{:?} {}: {}{help}", problem.severity, problem.code, problem.message)
        });
        positions.into_iter().chain(lines).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn padded_and_respelled_names_are_found_with_a_warning() {
        let columns = [column("area", &["AREA"], false), column("area_name", &["AREA NAME"], false)];
        insta::assert_snapshot!(matched("AREA ,Area Name", &columns, HeaderMatch::Loose, OnDrift::Warn), @r#"
        [Some(0), Some(1)]
        Warning header-drift: the file calls column `AREA` `AREA ` (if the new name is there to stay, add it: `from: ["AREA", "AREA "]`)
        Warning header-drift: the file calls column `AREA NAME` `Area Name` (if the new name is there to stay, add it: `from: ["AREA NAME", "Area Name"]`)
        "#);
    }

    #[test]
    fn a_column_without_from_is_found_under_any_spelling_of_its_name() {
        let columns = [column("part_1_2", &[], true), column("crm_cd_desc", &[], true)];
        insta::assert_snapshot!(
            matched("Part 1-2,Crm Cd Desc", &columns, HeaderMatch::Loose, OnDrift::Fail), @"[Some(0), Some(1)]"
        );
    }

    #[test]
    fn exact_headers_take_no_other_spelling_and_name_the_nearest() {
        let columns = [column("area_name", &["AREA NAME"], false)];
        insta::assert_snapshot!(matched("Area Name", &columns, HeaderMatch::Exact, OnDrift::Fail), @r#"
        Error missing-column: the file has no column `AREA NAME` (the file has `Area Name`: write `from: "Area Name"` if that is it)
        Error new-column: the file has a column that is not declared: `Area Name` (declare it under `columns`, or say `contract: {new_column: ignore}`)
        "#);
    }

    #[test]
    fn a_missing_column_is_null_or_an_error_as_the_contract_says() {
        let optional = [column("a", &[], true), column("mocodes", &["Mocodes"], false)];
        insta::assert_snapshot!(matched("a", &optional, HeaderMatch::Loose, OnDrift::Warn), @r"
        [Some(0), None]
        Warning missing-column: the file has no column `Mocodes`
        ");
        insta::assert_snapshot!(
            matched("a", &optional, HeaderMatch::Loose, OnDrift::Fail),
            @"Error missing-column: the file has no column `Mocodes`"
        );
        insta::assert_snapshot!(
            matched("Mocodes", &optional, HeaderMatch::Loose, OnDrift::Ignore),
            @"Error missing-column: the file has no column `a`"
        );
    }

    #[test]
    fn two_columns_that_could_be_meant_are_no_answer() {
        let columns = [column("date_occ", &["DATE OCC"], true)];
        insta::assert_snapshot!(
            matched("DATE OCC,DATE OCC", &columns, HeaderMatch::Loose, OnDrift::Ignore),
            @"Error missing-column: the file has no column `DATE OCC`"
        );
    }

    #[test]
    fn a_new_column_is_named_once() {
        let columns = [column("a", &[], true)];
        insta::assert_snapshot!(matched("a,Case Number", &columns, HeaderMatch::Loose, OnDrift::Warn), @r"
        [Some(0)]
        Warning new-column: the file has a column that is not declared: `Case Number` (declare it under `columns`, or say `contract: {new_column: ignore}`)
        ");
    }
}
