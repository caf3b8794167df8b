//! Templates of component data, which a stranger may have written: whatever they say, they end soon and
//! take little memory.
//!
//! Fuel bounds how many instructions run, but a single one can double a text. So what an instruction makes
//! something larger from is weighed before: each operand, and all of them together. Text and lists cannot
//! be repeated, and what would read other templates is refused.

use minijinja::machinery::Span;
use minijinja::machinery::ast::{
    self, BinOp, BinOpKind, Call, CallArg, Compare, CompareOp, Const, EmitExpr, Expr, Filter, ForLoop,
    GetAttr, GetItem, IfCond, IfExpr, Spanned, Stmt, Test, UnaryOp, UnaryOpKind, Var,
};
use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State};

/// The filter that weighs.
const WEIGHED: &str = "weighed";
/// The filter that lets numbers through only.
const NUMBER: &str = "number";
/// What an item of a list or map weighs besides what it is.
const ITEM: u64 = 16;
/// The most that one value may weigh: its letters and its items.
const MOST_OF_ONE: u64 = 32 << 20;
/// The deepest that a value may be nested.
const MOST_DEPTH: usize = 96;
/// A list has this much for each letter of the text that is split into it.
const SPLIT: u64 = 8;
/// Quotes and indents make a text this much longer, about.
const QUOTED: u64 = 4;
/// Tests that look at the kind of a value only.
const LIGHT: &[&str] = &[
    "boolean",
    "defined",
    "false",
    "float",
    "int",
    "integer",
    "iterable",
    "mapping",
    "none",
    "number",
    "safe",
    "sequence",
    "string",
    "true",
    "undefined",
];

/// What is left of the weight that one run may lift.
struct Left(u64);

/// Adds the filters that the guard puts in; `most` is what one run may lift.
pub(super) fn add(env: &mut Environment<'static>, most: u64) {
    env.add_filter(WEIGHED, move |state: &mut State<'_, '_>, value: Value, factor: u64, inner: u64| {
        let left = state.get_or_insert_extension(Left(most));
        let mut room = MOST_OF_ONE.min(left.0);
        let before = room;
        if !weigh(&value, factor, inner, &mut room, 0) {
            return Err(Error::new(ErrorKind::InvalidOperation, "the value is too large"));
        }
        left.0 -= before - room;
        Ok(value)
    });
    env.add_filter(NUMBER, |value: Value| match value.kind() {
        ValueKind::Number => Ok(value),
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        kind => Err(Error::new(ErrorKind::InvalidOperation, format!("a {kind} cannot be multiplied"))),
    });
    // Its objects outlive a loop, so they could grow with each turn.
    env.remove_global("namespace");
    for unbounded in ["format", "batch", "slice", "pprint", "tojson"] {
        env.remove_filter(unbounded);
    }
}

/// Takes what a value weighs from what there is room for; false where that is too little. A letter weighs
/// `factor`, and `inner` where the text is an item of something.
fn weigh(value: &Value, factor: u64, inner: u64, room: &mut u64, depth: usize) -> bool {
    let mut take = |weight: u64| match room.checked_sub(weight) {
        Some(rest) => {
            *room = rest;
            true
        }
        None => false,
    };
    if depth > MOST_DEPTH || !take(ITEM) {
        return false;
    }
    match value.kind() {
        ValueKind::String => {
            let length = value.as_str().map_or(0, str::len) as u64;
            take(length.saturating_mul(factor))
        }
        ValueKind::Bytes => take(value.len().unwrap_or(0) as u64),
        ValueKind::Seq | ValueKind::Iterable => match value.try_iter() {
            Ok(mut items) => items.all(|item| weigh(&item, inner, inner, room, depth + 1)),
            Err(_) => true,
        },
        ValueKind::Map => match value.try_iter() {
            Ok(mut keys) => keys.all(|key| {
                weigh(&key, 1, inner, room, depth + 1)
                    && value.get_item(&key).map_or(true, |item| weigh(&item, inner, inner, room, depth + 1))
            }),
            Err(_) => true,
        },
        _ => true,
    }
}

/// What may not stand in a text, and where.
pub(super) struct Refused(pub(super) &'static str, pub(super) Span);

type Guarded<'a> = Result<Stmt<'a>, Refused>;

fn body<'a>(stmts: &[Stmt<'a>]) -> Result<Vec<Stmt<'a>>, Refused> {
    stmts.iter().map(stmt).collect()
}

/// A template in which everything is weighed.
pub(super) fn stmt<'a>(found: &Stmt<'a>) -> Guarded<'a> {
    Ok(match found {
        Stmt::Template(s) => {
            Stmt::Template(Spanned::new(ast::Template { children: body(&s.children)? }, s.span()))
        }
        Stmt::EmitExpr(s) => emit(weighed(expr(&s.expr), QUOTED), s.span()),
        Stmt::EmitRaw(s) => {
            let value = Value::from_safe_string(s.raw.to_owned());
            emit(weighed(constant(value, s.span()), 1), s.span())
        }
        Stmt::ForLoop(s) if s.recursive => return Err(Refused("a recursive loop", s.span())),
        Stmt::ForLoop(s) => {
            let made = ForLoop {
                target: expr(&s.target),
                iter: expr(&s.iter),
                filter_expr: s.filter_expr.as_ref().map(expr),
                recursive: false,
                body: body(&s.body)?,
                else_body: body(&s.else_body)?,
            };
            Stmt::ForLoop(Spanned::new(made, s.span()))
        }
        Stmt::IfCond(s) => {
            let (true_body, false_body) = (body(&s.true_body)?, body(&s.false_body)?);
            Stmt::IfCond(Spanned::new(IfCond { expr: expr(&s.expr), true_body, false_body }, s.span()))
        }
        Stmt::WithBlock(s) => {
            let assignments = s.assignments.iter().map(|(target, value)| (expr(target), expr(value)));
            let made = ast::WithBlock { assignments: assignments.collect(), body: body(&s.body)? };
            Stmt::WithBlock(Spanned::new(made, s.span()))
        }
        Stmt::Set(s) => {
            let made = ast::Set { target: expr(&s.target), expr: expr(&s.expr) };
            Stmt::Set(Spanned::new(made, s.span()))
        }
        Stmt::Macro(s) => {
            let args = s.args.iter().map(expr).collect();
            let defaults = s.defaults.iter().map(expr).collect();
            let made = ast::Macro { name: s.name, args, defaults, body: body(&s.body)? };
            Stmt::Macro(Spanned::new(made, s.span()))
        }
        Stmt::Continue(s) => Stmt::Continue(Spanned::new(ast::Continue, s.span())),
        Stmt::Break(s) => Stmt::Break(Spanned::new(ast::Break, s.span())),
        Stmt::SetBlock(s) => return Err(Refused("`set` around a block", s.span())),
        Stmt::AutoEscape(s) => return Err(Refused("`autoescape`", s.span())),
        Stmt::FilterBlock(s) => return Err(Refused("`filter` around a block", s.span())),
        Stmt::Block(s) => return Err(Refused("`block`", s.span())),
        Stmt::Import(s) => return Err(Refused("`import`", s.span())),
        Stmt::FromImport(s) => return Err(Refused("`import`", s.span())),
        Stmt::Extends(s) => return Err(Refused("`extends`", s.span())),
        Stmt::Include(s) => return Err(Refused("`include`", s.span())),
        Stmt::CallBlock(s) => return Err(Refused("`call`", s.span())),
        Stmt::Do(s) => return Err(Refused("`do`", s.span())),
    })
}

fn emit(expr: Expr<'_>, span: Span) -> Stmt<'_> {
    Stmt::EmitExpr(Spanned::new(EmitExpr { expr }, span))
}

fn constant<'a>(value: Value, span: Span) -> Expr<'a> {
    Expr::Const(Spanned::new(Const { value }, span))
}

/// An expression whose value is weighed before it is used.
fn weighed(found: Expr<'_>, factor: u64) -> Expr<'_> {
    weighed_with(found, factor, 1)
}

/// The same, where the texts in a list count like `inner`.
fn weighed_with(found: Expr<'_>, factor: u64, inner: u64) -> Expr<'_> {
    let span = found.span();
    let args = [factor, inner].map(|number| CallArg::Pos(constant(Value::from(number), span))).into();
    Expr::Filter(Spanned::new(Filter { name: WEIGHED, expr: Some(found), args }, span))
}

fn number(found: Expr<'_>) -> Expr<'_> {
    let span = found.span();
    Expr::Filter(Spanned::new(Filter { name: NUMBER, expr: Some(found), args: Vec::new() }, span))
}

fn arguments<'a>(args: &[CallArg<'a>], factor: u64) -> Vec<CallArg<'a>> {
    let one = |arg: &CallArg<'a>| match arg {
        CallArg::Pos(value) => CallArg::Pos(weighed(expr(value), factor)),
        CallArg::Kwarg(name, value) => CallArg::Kwarg(name, weighed(expr(value), factor)),
        CallArg::PosSplat(value) => CallArg::PosSplat(weighed(expr(value), factor)),
        CallArg::KwargSplat(value) => CallArg::KwargSplat(weighed(expr(value), factor)),
    };
    args.iter().map(one).collect()
}

fn exprs<'a>(found: &[Expr<'a>]) -> Vec<Expr<'a>> {
    found.iter().map(expr).collect()
}

/// An expression in which everything is weighed.
pub(super) fn expr<'a>(found: &Expr<'a>) -> Expr<'a> {
    let span = found.span();
    match found {
        Expr::Var(e) => Expr::Var(Spanned::new(Var { id: e.id }, span)),
        Expr::Const(e) => constant(e.value.clone(), span),
        Expr::Slice(e) => {
            let part = |part: &Option<Expr<'a>>| part.as_ref().map(expr);
            let (start, stop, step) = (part(&e.start), part(&e.stop), part(&e.step));
            let whole = weighed(expr(&e.expr), SPLIT);
            Expr::Slice(Spanned::new(ast::Slice { expr: whole, start, stop, step }, span))
        }
        Expr::UnaryOp(e) => {
            let not = matches!(e.op, UnaryOpKind::Not);
            let op = if not { UnaryOpKind::Not } else { UnaryOpKind::Neg };
            Expr::UnaryOp(Spanned::new(UnaryOp { op, expr: expr(&e.expr) }, span))
        }
        Expr::BinOp(e) => {
            let (left, right) = (expr(&e.left), expr(&e.right));
            let (left, right) = match e.op {
                BinOpKind::Mul => (number(left), number(right)),
                // Only the truth of the left one counts.
                BinOpKind::ScAnd | BinOpKind::ScOr => (left, right),
                _ => (weighed(left, 1), weighed(right, 1)),
            };
            Expr::BinOp(Spanned::new(BinOp { op: e.op, left, right }, span))
        }
        Expr::Compare(e) => {
            let op = |op: &CompareOp<'a>| CompareOp { op: op.op, expr: weighed(expr(&op.expr), 1) };
            let made = Compare { expr: weighed(expr(&e.expr), 1), ops: e.ops.iter().map(op).collect() };
            Expr::Compare(Spanned::new(made, span))
        }
        Expr::IfExpr(e) => {
            let made = IfExpr {
                test_expr: expr(&e.test_expr),
                true_expr: expr(&e.true_expr),
                false_expr: e.false_expr.as_ref().map(expr),
            };
            Expr::IfExpr(Spanned::new(made, span))
        }
        Expr::Filter(e) => {
            // What may be undefined goes through as it is, and comes out as it went in.
            let plain = matches!(e.name, "default" | "d");
            // `map("split")` does it to each item; `map(attribute="x")` only takes a part of it.
            let inner =
                if e.name == "map" && matches!(e.args.first(), Some(CallArg::Pos(_))) { SPLIT } else { 1 };
            let of = e.expr.as_ref().map(expr);
            let of = of.map(|of| if plain { of } else { weighed_with(of, SPLIT, inner) });
            let made = Filter { name: e.name, expr: of, args: arguments(&e.args, 1) };
            Expr::Filter(Spanned::new(made, span))
        }
        Expr::Test(e) => {
            let of = expr(&e.expr);
            let of = if LIGHT.contains(&e.name) { of } else { weighed(of, 1) };
            let made = Test { name: e.name, expr: of, args: arguments(&e.args, 1) };
            Expr::Test(Spanned::new(made, span))
        }
        Expr::GetAttr(e) => Expr::GetAttr(Spanned::new(GetAttr { expr: expr(&e.expr), name: e.name }, span)),
        Expr::GetItem(e) => {
            let made = GetItem { expr: expr(&e.expr), subscript_expr: expr(&e.subscript_expr) };
            Expr::GetItem(Spanned::new(made, span))
        }
        Expr::Call(e) => {
            let made = Call { expr: expr(&e.expr), args: arguments(&e.args, 1) };
            Expr::Call(Spanned::new(made, span))
        }
        Expr::List(e) => Expr::List(Spanned::new(ast::List { items: exprs(&e.items) }, span)),
        Expr::Tuple(e) => Expr::Tuple(Spanned::new(ast::Tuple { items: exprs(&e.items) }, span)),
        Expr::Map(e) => {
            let made = ast::Map { keys: exprs(&e.keys), values: exprs(&e.values) };
            Expr::Map(Spanned::new(made, span))
        }
    }
}
