//! A walk through parsed statements to the tables they read, with the names in reach at each place.
//!
//! Keeps its own list of what is still to be looked at: a chain of a thousand `+` is a tree a thousand deep.

use sqlparser::ast::{
    AccessExpr, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, GroupByExpr,
    Ident, InTarget, Join, JoinConstraint, JoinOperator, LimitClause, ObjectName, ObjectNamePart, OrderByExpr,
    OrderByKind, PipeOperator, PivotValueSource, Query, Select, SelectItem, SetExpr, Statement, Subscript, TableAlias,
    TableFactor, TableWithJoins, WindowSpec, WindowType,
};

use super::references::parts;
use crate::relation::AdapterKind;

/// A table that is read, by the identifiers of its name.
pub(super) struct FoundTable {
    pub idents: Vec<Ident>,
}

/// Every table the statements read from, in no particular order.
pub(super) fn tables(statements: &[Statement], kind: AdapterKind) -> Vec<FoundTable> {
    let mut walker = Walker { kind, scopes: vec![Scope::default()], pending: Vec::new(), found: Vec::new() };
    for statement in statements {
        walker.statement(statement, 0);
    }
    while let Some((item, scope)) = walker.pending.pop() {
        match item {
            Item::Query(query) => walker.query(query, scope),
            Item::Body(body) => walker.body(body, scope),
            Item::Factor(factor) => walker.factor(factor, scope),
            Item::Expr(expr) => walker.expr(expr, scope),
        }
    }
    walker.found
}

/// Names in reach: common table expressions, and tables of `from` by their aliases. In lowercase.
#[derive(Default)]
struct Scope {
    parent: Option<usize>,
    ctes: Vec<String>,
    aliases: Vec<String>,
}

enum Item<'a> {
    Query(&'a Query),
    Body(&'a SetExpr),
    Factor(&'a TableFactor),
    Expr(&'a Expr),
}

struct Walker<'a> {
    kind: AdapterKind,
    scopes: Vec<Scope>,
    pending: Vec<(Item<'a>, usize)>,
    found: Vec<FoundTable>,
}

impl<'a> Walker<'a> {
    fn later(&mut self, item: Item<'a>, scope: usize) {
        self.pending.push((item, scope));
    }

    fn exprs(&mut self, exprs: impl IntoIterator<Item = &'a Expr>, scope: usize) {
        self.pending.extend(exprs.into_iter().map(|expr| (Item::Expr(expr), scope)));
    }

    fn inner_scope(&mut self, parent: usize) -> usize {
        self.scopes.push(Scope { parent: Some(parent), ..Scope::default() });
        self.scopes.len() - 1
    }

    fn is_in_reach(&self, scope: usize, has: impl Fn(&Scope) -> bool) -> bool {
        let mut next = Some(scope);
        while let Some(scope) = next.and_then(|index| self.scopes.get(index)) {
            if has(scope) {
                return true;
            }
            next = scope.parent;
        }
        false
    }

    // Statements that are not queries hold one; the rest are left alone.
    fn statement(&mut self, statement: &'a Statement, scope: usize) {
        match statement {
            Statement::Query(query) => self.later(Item::Query(query), scope),
            Statement::Insert(insert) => {
                if let Some(source) = &insert.source {
                    self.later(Item::Query(source), scope);
                }
            }
            Statement::CreateTable(create) => {
                if let Some(query) = &create.query {
                    self.later(Item::Query(query), scope);
                }
            }
            Statement::CreateView(create) => self.later(Item::Query(&create.query), scope),
            _ => {}
        }
    }

    fn query(&mut self, query: &'a Query, outer: usize) {
        let mut scope = outer;
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            let is_recursive = query.with.as_ref().is_some_and(|with| with.recursive);
            // Each one sees those before it; a recursive one sees itself.
            let next = self.inner_scope(scope);
            self.scopes[next].ctes.push(cte.alias.name.value.to_lowercase());
            self.later(Item::Query(&cte.query), if is_recursive { next } else { scope });
            scope = next;
        }
        self.later(Item::Body(&query.body), scope);
        if let Some(order_by) = &query.order_by {
            match &order_by.kind {
                OrderByKind::All(_) => {}
                OrderByKind::Expressions(exprs) => self.order_by(exprs, scope),
            }
        }
        match &query.limit_clause {
            None => {}
            Some(LimitClause::LimitOffset { limit, offset, limit_by }) => {
                self.exprs(limit.iter().chain(limit_by).chain(offset.iter().map(|offset| &offset.value)), scope);
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => self.exprs([offset, limit], scope),
        }
        for operator in &query.pipe_operators {
            self.pipe(operator, scope);
        }
    }

    fn body(&mut self, body: &'a SetExpr, scope: usize) {
        match body {
            SetExpr::Select(select) => self.select(select, scope),
            SetExpr::Query(query) => self.later(Item::Query(query), scope),
            SetExpr::SetOperation { left, right, .. } => {
                self.later(Item::Body(left), scope);
                self.later(Item::Body(right), scope);
            }
            SetExpr::Values(values) => {
                for row in &values.rows {
                    self.exprs(row.content.iter(), scope);
                }
            }
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement)
            | SetExpr::Merge(statement) => self.statement(statement, scope),
            SetExpr::Table(table) => {
                let idents: Vec<_> = table.schema_name.iter().chain(&table.table_name).cloned().collect();
                self.table(idents, scope);
            }
        }
    }

    fn select(&mut self, select: &'a Select, outer: usize) {
        let scope = self.inner_scope(outer);
        for from in &select.from {
            self.from(from, scope);
        }
        for item in &select.projection {
            self.select_item(item, scope);
        }
        if let Some(sqlparser::ast::Distinct::On(exprs)) = &select.distinct {
            self.exprs(exprs, scope);
        }
        self.exprs([&select.prewhere, &select.selection, &select.having, &select.qualify].into_iter().flatten(), scope);
        match &select.group_by {
            GroupByExpr::All(_) => {}
            GroupByExpr::Expressions(exprs, _) => self.exprs(exprs, scope),
        }
        self.exprs(select.cluster_by.iter().chain(&select.distribute_by), scope);
        self.order_by(&select.sort_by, scope);
        for window in &select.named_window {
            match &window.1 {
                sqlparser::ast::NamedWindowExpr::NamedWindow(_) => {}
                sqlparser::ast::NamedWindowExpr::WindowSpec(spec) => self.window(spec, scope),
            }
        }
        for view in &select.lateral_views {
            self.later(Item::Expr(&view.lateral_view), scope);
        }
    }

    fn select_item(&mut self, item: &'a SelectItem, scope: usize) {
        match item {
            SelectItem::UnnamedExpr(expr)
            | SelectItem::ExprWithAlias { expr, .. }
            | SelectItem::ExprWithAliases { expr, .. } => self.later(Item::Expr(expr), scope),
            SelectItem::Wildcard(options) | SelectItem::QualifiedWildcard(_, options) => {
                let replaced = options.opt_replace.iter().flat_map(|replace| &replace.items);
                self.exprs(replaced.map(|element| &element.expr), scope);
            }
        }
    }

    fn from(&mut self, from: &'a TableWithJoins, scope: usize) {
        self.named_factor(&from.relation, scope);
        for join in &from.joins {
            self.join(join, scope);
        }
    }

    fn join(&mut self, join: &'a Join, scope: usize) {
        self.named_factor(&join.relation, scope);
        let constraint = match &join.join_operator {
            JoinOperator::Join(constraint)
            | JoinOperator::Inner(constraint)
            | JoinOperator::Left(constraint)
            | JoinOperator::LeftOuter(constraint)
            | JoinOperator::Right(constraint)
            | JoinOperator::RightOuter(constraint)
            | JoinOperator::FullOuter(constraint)
            | JoinOperator::CrossJoin(constraint)
            | JoinOperator::Semi(constraint)
            | JoinOperator::LeftSemi(constraint)
            | JoinOperator::RightSemi(constraint)
            | JoinOperator::Anti(constraint)
            | JoinOperator::LeftAnti(constraint)
            | JoinOperator::RightAnti(constraint)
            | JoinOperator::StraightJoin(constraint) => constraint,
            JoinOperator::AsOf { match_condition, constraint } => {
                self.later(Item::Expr(match_condition), scope);
                constraint
            }
            JoinOperator::CrossApply
            | JoinOperator::OuterApply
            | JoinOperator::ArrayJoin
            | JoinOperator::LeftArrayJoin
            | JoinOperator::InnerArrayJoin => return,
        };
        if let JoinConstraint::On(expr) = constraint {
            self.later(Item::Expr(expr), scope);
        }
    }

    /// A member of `from`; its name is in reach for its neighbours.
    fn named_factor(&mut self, factor: &'a TableFactor, scope: usize) {
        if let Some(name) = name_of(factor) {
            self.scopes[scope].aliases.push(name);
        }
        self.later(Item::Factor(factor), scope);
    }

    fn factor(&mut self, factor: &'a TableFactor, scope: usize) {
        match factor {
            TableFactor::Table { name, args: None, .. } => {
                if let Some(idents) = idents(name) {
                    self.table(idents, scope);
                }
            }
            TableFactor::Table { args: Some(args), .. } => self.arguments(&args.args, scope),
            TableFactor::Function { args, .. } => self.arguments(args, scope),
            TableFactor::Derived { subquery, .. } => self.later(Item::Query(subquery), scope),
            TableFactor::TableFunction { expr, .. } => self.later(Item::Expr(expr), scope),
            TableFactor::UNNEST { array_exprs, .. } => self.exprs(array_exprs, scope),
            TableFactor::NestedJoin { table_with_joins, .. } => self.from(table_with_joins, scope),
            TableFactor::Pivot { table, aggregate_functions, value_source, .. } => {
                self.later(Item::Factor(table), scope);
                self.exprs(aggregate_functions.iter().map(|function| &function.expr), scope);
                match value_source {
                    PivotValueSource::Subquery(query) => self.later(Item::Query(query), scope),
                    PivotValueSource::List(_) | PivotValueSource::Any(_) => {}
                }
            }
            TableFactor::Unpivot { table, .. } | TableFactor::MatchRecognize { table, .. } => {
                self.later(Item::Factor(table), scope);
            }
            // Forms of other warehouses.
            TableFactor::JsonTable { .. }
            | TableFactor::OpenJsonTable { .. }
            | TableFactor::UnpivotExpr { .. }
            | TableFactor::XmlTable { .. }
            | TableFactor::SemanticView { .. } => {}
        }
    }

    fn table(&mut self, idents: Vec<Ident>, scope: usize) {
        // `from 'orders.csv'` reads a file.
        if idents.iter().any(|ident| ident.quote_style == Some('\'')) {
            return;
        }
        let parts = parts(&idents);
        let Some(first) = parts.first().map(|part| part.to_lowercase()) else { return };
        let is_cte = parts.len() == 1 && self.is_in_reach(scope, |scope| scope.ctes.contains(&first));
        // `from orders, orders.items` reads an array of each row.
        let is_array = self.kind == AdapterKind::BigQuery
            && parts.len() > 1
            && self.is_in_reach(scope, |scope| scope.aliases.contains(&first));
        if !is_cte && !is_array {
            self.found.push(FoundTable { idents });
        }
    }

    fn pipe(&mut self, operator: &'a PipeOperator, scope: usize) {
        match operator {
            PipeOperator::Where { expr } => self.later(Item::Expr(expr), scope),
            PipeOperator::Limit { expr, offset } => self.exprs(std::iter::once(expr).chain(offset), scope),
            PipeOperator::OrderBy { exprs } => self.order_by(exprs, scope),
            PipeOperator::Select { exprs } | PipeOperator::Extend { exprs } => {
                for item in exprs {
                    self.select_item(item, scope);
                }
            }
            PipeOperator::Set { assignments } => {
                self.exprs(assignments.iter().map(|assignment| &assignment.value), scope);
            }
            PipeOperator::Aggregate { full_table_exprs, group_by_expr } => {
                self.exprs(full_table_exprs.iter().chain(group_by_expr).map(|item| &item.expr.expr), scope);
            }
            PipeOperator::Union { queries, .. }
            | PipeOperator::Intersect { queries, .. }
            | PipeOperator::Except { queries, .. } => {
                self.pending.extend(queries.iter().map(|query| (Item::Query(query), scope)));
            }
            PipeOperator::Call { function, .. } => self.function(function, scope),
            PipeOperator::Join(join) => self.join(join, scope),
            PipeOperator::Drop { .. }
            | PipeOperator::As { .. }
            | PipeOperator::TableSample { .. }
            | PipeOperator::Rename { .. }
            | PipeOperator::Pivot { .. }
            | PipeOperator::Unpivot { .. } => {}
        }
    }

    fn order_by(&mut self, exprs: &'a [OrderByExpr], scope: usize) {
        self.exprs(exprs.iter().map(|item| &item.expr), scope);
    }

    fn window(&mut self, spec: &'a WindowSpec, scope: usize) {
        self.exprs(&spec.partition_by, scope);
        self.order_by(&spec.order_by, scope);
    }

    fn arguments(&mut self, arguments: &'a [FunctionArg], scope: usize) {
        for argument in arguments {
            let (FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg)) =
                argument;
            match arg {
                FunctionArgExpr::Expr(expr) => self.later(Item::Expr(expr), scope),
                FunctionArgExpr::QualifiedWildcard(_)
                | FunctionArgExpr::Wildcard
                | FunctionArgExpr::WildcardWithOptions(_) => {}
            }
        }
    }

    fn function(&mut self, function: &'a Function, scope: usize) {
        for arguments in [&function.parameters, &function.args] {
            match arguments {
                FunctionArguments::None => {}
                FunctionArguments::Subquery(query) => self.later(Item::Query(query), scope),
                FunctionArguments::List(list) => {
                    self.arguments(&list.args, scope);
                    for clause in &list.clauses {
                        match clause {
                            FunctionArgumentClause::Where(expr) | FunctionArgumentClause::Limit(expr) => {
                                self.later(Item::Expr(expr), scope);
                            }
                            FunctionArgumentClause::OrderBy(exprs) => self.order_by(exprs, scope),
                            _ => {}
                        }
                    }
                }
            }
        }
        self.order_by(&function.within_group, scope);
        if let Some(filter) = &function.filter {
            self.later(Item::Expr(filter), scope);
        }
        match &function.over {
            Some(WindowType::WindowSpec(spec)) => self.window(spec, scope),
            Some(WindowType::NamedWindow(_)) | None => {}
        }
    }

    // Queries can stand in most expressions. The wildcard is for leaves, and for forms of other warehouses.
    fn expr(&mut self, expr: &'a Expr, scope: usize) {
        match expr {
            Expr::Subquery(query) | Expr::Exists { subquery: query, .. } => self.later(Item::Query(query), scope),
            Expr::In { expr, target, .. } => {
                self.later(Item::Expr(expr), scope);
                match target {
                    InTarget::List(items) => self.exprs(items, scope),
                    InTarget::Subquery(query) => self.later(Item::Query(query), scope),
                    InTarget::Unnest(array) => self.later(Item::Expr(array), scope),
                    // `x in list_column`.
                    InTarget::Table { .. } => {}
                }
            }
            Expr::Function(function) => self.function(function, scope),
            Expr::BinaryOp { left, right, .. }
            | Expr::AnyOp { left, right, .. }
            | Expr::AllOp { left, right, .. }
            | Expr::IsDistinctFrom(left, right)
            | Expr::IsNotDistinctFrom(left, right) => self.exprs([&**left, &**right], scope),
            Expr::Between { expr, low, high, .. } => self.exprs([&**expr, &**low, &**high], scope),
            Expr::Like { expr, pattern, .. }
            | Expr::ILike { expr, pattern, .. }
            | Expr::SimilarTo { expr, pattern, .. }
            | Expr::RLike { expr, pattern, .. } => self.exprs([&**expr, &**pattern], scope),
            Expr::AtTimeZone { timestamp, time_zone } => self.exprs([&**timestamp, &**time_zone], scope),
            Expr::Position { expr, r#in } => self.exprs([&**expr, &**r#in], scope),
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                self.later(Item::Expr(expr), scope);
                self.exprs([substring_from, substring_for].into_iter().flatten().map(|expr| &**expr), scope);
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.exprs([operand, else_result].into_iter().flatten().map(|expr| &**expr), scope);
                self.exprs(conditions.iter().flat_map(|case| [&case.condition, &case.result]), scope);
            }
            Expr::IsFalse(expr)
            | Expr::IsNotFalse(expr)
            | Expr::IsTrue(expr)
            | Expr::IsNotTrue(expr)
            | Expr::IsNull(expr)
            | Expr::IsNotNull(expr)
            | Expr::IsUnknown(expr)
            | Expr::IsNotUnknown(expr)
            | Expr::Nested(expr)
            | Expr::UnaryOp { expr, .. }
            | Expr::Cast { expr, .. }
            | Expr::Convert { expr, .. }
            | Expr::Extract { expr, .. }
            | Expr::Ceil { expr, .. }
            | Expr::Floor { expr, .. }
            | Expr::Trim { expr, .. }
            | Expr::Collate { expr, .. }
            | Expr::Named { expr, .. }
            | Expr::JsonAccess { value: expr, .. }
            | Expr::Prefixed { value: expr, .. } => self.later(Item::Expr(expr), scope),
            Expr::CompoundFieldAccess { root, access_chain } => {
                self.later(Item::Expr(root), scope);
                for access in access_chain {
                    match access {
                        AccessExpr::Dot(expr) | AccessExpr::Subscript(Subscript::Index { index: expr }) => {
                            self.later(Item::Expr(expr), scope);
                        }
                        AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride }) => {
                            self.exprs([lower_bound, upper_bound, stride].into_iter().flatten(), scope);
                        }
                    }
                }
            }
            Expr::Tuple(items) | Expr::Struct { values: items, .. } => self.exprs(items, scope),
            Expr::Array(array) => self.exprs(&array.elem, scope),
            Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                self.exprs(sets.iter().flatten(), scope)
            }
            Expr::Dictionary(fields) => self.exprs(fields.iter().map(|field| &*field.value), scope),
            Expr::Map(map) => self.exprs(map.entries.iter().flat_map(|entry| [&*entry.key, &*entry.value]), scope),
            Expr::Interval(interval) => self.later(Item::Expr(&interval.value), scope),
            Expr::Lambda(lambda) => self.later(Item::Expr(&lambda.body), scope),
            _ => {}
        }
    }
}

/// Identifiers of a name; `None` when a part of it is computed.
fn idents(name: &ObjectName) -> Option<Vec<Ident>> {
    name.0
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(ident) => Some(ident.clone()),
            ObjectNamePart::Function(_) => None,
        })
        .collect()
}

/// What other parts of the query call this member of `from`, in lowercase.
fn name_of(factor: &TableFactor) -> Option<String> {
    let alias = |alias: &Option<TableAlias>| alias.as_ref().map(|alias| alias.name.value.to_lowercase());
    match factor {
        TableFactor::Table { name, alias: table_alias, .. } => {
            alias(table_alias).or_else(|| parts(&idents(name)?).pop().map(|part| part.to_lowercase()))
        }
        TableFactor::Derived { alias: table_alias, .. }
        | TableFactor::TableFunction { alias: table_alias, .. }
        | TableFactor::Function { alias: table_alias, .. }
        | TableFactor::UNNEST { alias: table_alias, .. }
        | TableFactor::NestedJoin { alias: table_alias, .. }
        | TableFactor::Pivot { alias: table_alias, .. }
        | TableFactor::Unpivot { alias: table_alias, .. }
        | TableFactor::MatchRecognize { alias: table_alias, .. } => alias(table_alias),
        TableFactor::JsonTable { .. }
        | TableFactor::OpenJsonTable { .. }
        | TableFactor::UnpivotExpr { .. }
        | TableFactor::XmlTable { .. }
        | TableFactor::SemanticView { .. } => None,
    }
}
