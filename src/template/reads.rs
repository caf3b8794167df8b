//! Which values a text asks for, found in its syntax.
//!
//! A scope holds a thousand values of which a text takes two. So whoever makes one asks here first. What is
//! said is never too little: a name that only looks like a value of the scope is one more that is made, and
//! no harm.

use std::collections::BTreeMap;

use minijinja::machinery::ast::{BinOpKind, Call, CallArg, Expr, Stmt, Test, UnaryOpKind};

/// Values by name, each with the parts of it that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    whole: bool,
    parts: BTreeMap<String, Self>,
}

/// Everything there is.
static EVERYTHING: Reads = Reads { whole: true, parts: BTreeMap::new() };

/// What is wanted of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Itself.
    Value,
    /// Whether it is there, and whether it is empty.
    Truth,
}

impl Reads {
    /// Everything: of a text that cannot be read.
    pub fn everything() -> Self {
        EVERYTHING.clone()
    }

    /// Whether all of the value is asked for, as it is.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// What is asked for of a part; `None` where it is not.
    pub fn part(&self, name: &str) -> Option<&Self> {
        if self.whole { Some(&EVERYTHING) } else { self.parts.get(name) }
    }

    /// Whether whatever another one asks for is asked for here.
    pub fn covers(&self, other: &Self) -> bool {
        self.whole
            || (!other.whole
                && other.parts.iter().all(|(name, part)| self.part(name).is_some_and(|own| own.covers(part))))
    }

    /// Whether nothing is asked for but values under these names.
    pub(super) fn is_within(&self, names: &[&str]) -> bool {
        !self.whole && self.parts.keys().all(|name| names.contains(&name.as_str()))
    }

    /// Adds what another text asks for.
    pub fn add(&mut self, other: &Self) {
        self.whole |= other.whole;
        for (name, part) in &other.parts {
            self.parts.entry(name.clone()).or_default().add(part);
        }
    }

    /// What an expression asks for, when `wanted` is what is wanted of its result.
    pub(super) fn of_expr(found: &Expr<'_>, wanted: Wanted) -> Self {
        let mut reads = Self::default();
        reads.expr(found, wanted);
        reads
    }

    /// What a template asks for.
    pub(super) fn of_stmt(found: &Stmt<'_>) -> Self {
        let mut reads = Self::default();
        reads.stmt(found);
        reads
    }

    fn path(&mut self, path: &[&str], wanted: Wanted) {
        let end = path.iter().fold(self, |reads, name| reads.parts.entry((*name).to_owned()).or_default());
        // A name by itself may be a list or a number as well.
        end.whole |= wanted == Wanted::Value || path.len() == 1;
    }

    fn value(&mut self, found: &Expr<'_>) {
        self.expr(found, Wanted::Value);
    }

    fn values<'e, 'a: 'e>(&mut self, found: impl IntoIterator<Item = &'e Expr<'a>>) {
        found.into_iter().for_each(|one| self.value(one));
    }

    fn arguments(&mut self, args: &[CallArg<'_>]) {
        self.values(args.iter().map(|arg| match arg {
            CallArg::Pos(value)
            | CallArg::Kwarg(_, value)
            | CallArg::PosSplat(value)
            | CallArg::KwargSplat(value) => value,
        }));
    }

    fn expr(&mut self, found: &Expr<'_>, wanted: Wanted) {
        if let Some(path) = path(found) {
            self.path(&path, wanted);
            return;
        }
        match found {
            Expr::Var(_) | Expr::Const(_) => {}
            Expr::Slice(e) => {
                self.value(&e.expr);
                self.values([&e.start, &e.stop, &e.step].into_iter().flatten());
            }
            Expr::UnaryOp(e) => {
                let truth = matches!(e.op, UnaryOpKind::Not);
                self.expr(&e.expr, if truth { Wanted::Truth } else { Wanted::Value });
            }
            Expr::BinOp(e) => {
                // The result is one of the two.
                let either = matches!(e.op, BinOpKind::ScAnd | BinOpKind::ScOr);
                let wanted = if either { wanted } else { Wanted::Value };
                self.expr(&e.left, wanted);
                self.expr(&e.right, wanted);
            }
            Expr::Compare(e) => {
                self.value(&e.expr);
                self.values(e.ops.iter().map(|op| &op.expr));
            }
            Expr::IfExpr(e) => {
                self.expr(&e.test_expr, Wanted::Truth);
                self.expr(&e.true_expr, wanted);
                e.false_expr.iter().for_each(|other| self.expr(other, wanted));
            }
            Expr::Filter(e) => {
                self.values(&e.expr);
                self.arguments(&e.args);
            }
            Expr::Test(e) => self.test(e),
            Expr::GetAttr(e) => self.value(&e.expr),
            Expr::GetItem(e) => self.values([&e.expr, &e.subscript_expr]),
            Expr::Call(e) => self.call(e),
            Expr::List(e) => self.values(&e.items),
            Expr::Tuple(e) => self.values(&e.items),
            Expr::Map(e) => self.values(e.keys.iter().chain(&e.values)),
        }
    }

    fn test(&mut self, test: &Test<'_>) {
        let there = matches!(test.name, "none" | "defined" | "undefined") && test.args.is_empty();
        self.expr(&test.expr, if there { Wanted::Truth } else { Wanted::Value });
        self.arguments(&test.args);
    }

    fn call(&mut self, call: &Call<'_>) {
        match &call.expr {
            // It shows every name that there is.
            Expr::Var(name) if name.id == "debug" => self.whole = true,
            // A method may look at all of it.
            Expr::GetAttr(method) => self.value(&method.expr),
            other => self.value(other),
        }
        self.arguments(&call.args);
    }

    fn body(&mut self, stmts: &[Stmt<'_>]) {
        stmts.iter().for_each(|found| self.stmt(found));
    }

    fn stmt(&mut self, found: &Stmt<'_>) {
        match found {
            Stmt::Template(s) => self.body(&s.children),
            Stmt::EmitExpr(s) => self.value(&s.expr),
            Stmt::EmitRaw(_) | Stmt::Continue(_) | Stmt::Break(_) => {}
            Stmt::ForLoop(s) => {
                self.value(&s.iter);
                s.filter_expr.iter().for_each(|filter| self.expr(filter, Wanted::Truth));
                self.body(&s.body);
                self.body(&s.else_body);
            }
            Stmt::IfCond(s) => {
                self.expr(&s.expr, Wanted::Truth);
                self.body(&s.true_body);
                self.body(&s.false_body);
            }
            Stmt::WithBlock(s) => {
                self.values(s.assignments.iter().map(|(_, value)| value));
                self.body(&s.body);
            }
            Stmt::Set(s) => self.value(&s.expr),
            Stmt::Macro(s) => {
                self.values(&s.defaults);
                self.body(&s.body);
            }
            // No text of a component may have these; see `guard`.
            Stmt::SetBlock(_)
            | Stmt::AutoEscape(_)
            | Stmt::FilterBlock(_)
            | Stmt::Block(_)
            | Stmt::Import(_)
            | Stmt::FromImport(_)
            | Stmt::Extends(_)
            | Stmt::Include(_)
            | Stmt::CallBlock(_)
            | Stmt::Do(_) => self.whole = true,
        }
    }
}

/// `a.b["c"]` as the names in it; `None` for any other expression.
pub(super) fn path<'e>(found: &'e Expr<'_>) -> Option<Vec<&'e str>> {
    match found {
        Expr::Var(name) => Some(vec![name.id]),
        Expr::GetAttr(part) => {
            let mut whole = path(&part.expr)?;
            whole.push(part.name);
            Some(whole)
        }
        Expr::GetItem(part) => {
            let Expr::Const(key) = &part.subscript_expr else { return None };
            let mut whole = path(&part.expr)?;
            whole.push(key.value.as_str()?);
            Some(whole)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use minijinja::machinery::parse_expr;

    use super::*;

    /// The paths, with `!` behind one that is read whole.
    fn paths(reads: &Reads, before: &str, found: &mut Vec<String>) {
        if reads.whole {
            found.push(format!("{before}!"));
        } else if reads.parts.is_empty() {
            found.push(before.to_owned());
        }
        for (name, part) in &reads.parts {
            paths(part, format!("{before}.{name}").trim_start_matches('.'), found);
        }
    }

    fn of(text: &str) -> String {
        let mut found = Vec::new();
        paths(&Reads::of_expr(&parse_expr(text).unwrap(), Wanted::Truth), "", &mut found);
        found.join(" ")
    }

    #[test]
    fn what_expressions_ask_for() {
        assert_eq!(of("needs.a.url ~ file['/x/y'] ~ settings.b[0]"), "file./x/y! needs.a.url! settings.b!");
        assert_eq!(of("needs.a and not needs.b and c is none"), "c! needs.a needs.b");
        assert_eq!(of("needs.a == needs.b"), "needs.a! needs.b!");
        assert_eq!(of("needs.items() | list"), "needs!");
        assert_eq!(of("1 if needs.a else needs.b"), "needs.a needs.b");
        assert_eq!(of("[needs.a, {'x': b}]"), "b! needs.a!");
        assert_eq!(of("debug()"), "!");
        assert_eq!(of("a | default(b.c)"), "a! b.c!");
    }

    #[test]
    fn one_covers_another() {
        let reads = |text: &str| Reads::of_expr(&parse_expr(text).unwrap(), Wanted::Truth);
        let mut all = reads("a.b + 1");
        all.add(&reads("c.d"));
        assert!(
            all.covers(&reads("a.b + 1"))
                && all.covers(&reads("a.b.c + 1"))
                && all.covers(&reads("a.b and c.d"))
        );
        assert!(!all.covers(&reads("c.d + 1")) && !all.covers(&reads("a.d + 1")));
        assert!(Reads::everything().covers(&all) && !all.covers(&Reads::everything()));
    }
}
