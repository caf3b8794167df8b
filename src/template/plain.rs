//! Texts and conditions that only take values from the scope, which most are: they need no machine.
//!
//! What is not as simple as it looked, an undefined name say, gives nothing here, and is left to the machine:
//! it knows what to do, or what to say.

use minijinja::machinery::ast::{BinOpKind, CompareOpKind, Expr, Stmt, UnaryOpKind};
use minijinja::value::{Value, ValueKind};

use super::{filters, reads};

/// Longer texts are weighed by the machine.
const LONGEST: usize = 32 << 10;

/// A text between values.
#[derive(Debug)]
pub(super) struct Filling<'s>(Vec<Piece<'s>>);

#[derive(Debug)]
enum Piece<'s> {
    Raw(&'s str),
    Value(Vec<String>),
}

/// Instructions that the machine takes for a value in a text, or for a part of a condition, besides its names.
const STEPS: u64 = 8;

impl<'s> Filling<'s> {
    /// A template, if it is as simple as that.
    pub(super) fn of(parsed: &Stmt<'s>) -> Option<Self> {
        let Stmt::Template(template) = parsed else { return None };
        let piece = |part: &Stmt<'s>| match part {
            Stmt::EmitRaw(part) => Some(Piece::Raw(part.raw)),
            Stmt::EmitExpr(part) => names(&part.expr).map(Piece::Value),
            _ => None,
        };
        template.children.iter().map(piece).collect::<Option<_>>().map(Self)
    }

    /// The text with the values in it.
    pub(super) fn fill(&self, root: &Value, mode: Option<&str>) -> Option<String> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Raw(raw) => text.push_str(raw),
                Piece::Value(path) => {
                    let value = at(root, path)?;
                    if !is_light(&value) || value.is_none() {
                        return None;
                    }
                    text.push_str(&filters::escape(mode, &value).ok()?);
                }
            }
        }
        (text.len() <= LONGEST).then_some(text)
    }

    /// What it is charged.
    pub(super) fn fuel(&self) -> u64 {
        let of_piece = |piece: &Piece<'_>| match piece {
            Piece::Raw(_) => STEPS,
            Piece::Value(path) => STEPS + path.len() as u64,
        };
        self.0.iter().map(of_piece).sum()
    }
}

/// A condition.
#[derive(Debug)]
pub(super) enum Condition {
    Value(Vec<String>),
    Const(Value),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    IsNone(Box<Self>),
    Equals(Box<Self>, Box<Self>),
}

impl Condition {
    /// An expression, if it is as simple as that.
    pub(super) fn of(found: &Expr<'_>) -> Option<Self> {
        if let Some(path) = names(found) {
            return Some(Self::Value(path));
        }
        let boxed = |inner: &Expr<'_>| Self::of(inner).map(Box::new);
        match found {
            Expr::Const(e) => Some(Self::Const(e.value.clone())),
            Expr::UnaryOp(e) if matches!(e.op, UnaryOpKind::Not) => Some(Self::Not(boxed(&e.expr)?)),
            Expr::BinOp(e) => match e.op {
                BinOpKind::ScAnd => Some(Self::And(boxed(&e.left)?, boxed(&e.right)?)),
                BinOpKind::ScOr => Some(Self::Or(boxed(&e.left)?, boxed(&e.right)?)),
                BinOpKind::Eq => Some(Self::Equals(boxed(&e.left)?, boxed(&e.right)?)),
                BinOpKind::Ne => Some(Self::Not(Box::new(Self::Equals(boxed(&e.left)?, boxed(&e.right)?)))),
                _ => None,
            },
            Expr::Test(e) if e.name == "none" && e.args.is_empty() => Some(Self::IsNone(boxed(&e.expr)?)),
            Expr::Compare(e) => {
                let [op] = e.ops.as_slice() else { return None };
                let equals = Self::Equals(boxed(&e.expr)?, boxed(&op.expr)?);
                match op.op {
                    CompareOpKind::Eq => Some(equals),
                    CompareOpKind::Ne => Some(Self::Not(Box::new(equals))),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What it gives.
    pub(super) fn value(&self, root: &Value) -> Option<Value> {
        Some(match self {
            Self::Value(path) => at(root, path)?,
            Self::Const(value) => value.clone(),
            Self::Not(inner) => Value::from(!inner.value(root)?.is_true()),
            Self::And(left, right) => match left.value(root)? {
                left if left.is_true() => right.value(root)?,
                left => left,
            },
            Self::Or(left, right) => match left.value(root)? {
                left if left.is_true() => left,
                _ => right.value(root)?,
            },
            Self::IsNone(inner) => Value::from(inner.value(root)?.is_none()),
            Self::Equals(left, right) => {
                let (left, right) = (left.value(root)?, right.value(root)?);
                if !is_light(&left) || !is_light(&right) {
                    return None;
                }
                Value::from(left == right)
            }
        })
    }

    /// What it is charged.
    pub(super) fn fuel(&self) -> u64 {
        STEPS
            + match self {
                Self::Value(path) => path.len() as u64,
                Self::Const(_) => 0,
                Self::Not(inner) | Self::IsNone(inner) => inner.fuel(),
                Self::And(left, right) | Self::Or(left, right) | Self::Equals(left, right) => {
                    left.fuel() + right.fuel()
                }
            }
    }
}

/// The names of a path, kept.
fn names(found: &Expr<'_>) -> Option<Vec<String>> {
    Some(reads::path(found)?.into_iter().map(str::to_owned).collect())
}

/// The value at a path; `None` where there is none.
fn at(root: &Value, path: &[String]) -> Option<Value> {
    let (first, rest) = path.split_first()?;
    let found = rest.iter().try_fold(root.get_attr(first).ok()?, |value, name| value.get_attr(name).ok())?;
    (!matches!(found.kind(), ValueKind::Undefined | ValueKind::Invalid)).then_some(found)
}

/// Whether a value has no parts and is no long text.
fn is_light(value: &Value) -> bool {
    match value.kind() {
        ValueKind::None | ValueKind::Bool | ValueKind::Number => true,
        ValueKind::String => value.as_str().is_some_and(|text| text.len() <= LONGEST),
        _ => false,
    }
}
