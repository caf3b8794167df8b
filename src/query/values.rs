//! The values that a result can take: an interval, as wide as what is not known.

use promql_parser::parser::token::{
    T_ADD, T_AVG, T_BOTTOMK, T_COUNT, T_COUNT_VALUES, T_DIV, T_EQLC, T_GROUP, T_GTE, T_GTR, T_LAND,
    T_LIMIT_RATIO, T_LIMITK, T_LOR, T_LSS, T_LTE, T_LUNLESS, T_MAX, T_MIN, T_MUL, T_STDDEV, T_STDVAR, T_SUB,
    T_SUM, T_TOPK,
};
use promql_parser::parser::{AggregateExpr, BinaryExpr, Call, Expr};

use super::{Selector, Series, bare, is_scalar, operand};

/// The lowest and the highest value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Values {
    /// None is lower.
    pub low: f64,
    /// None is higher.
    pub high: f64,
}

impl Values {
    /// Any value.
    pub const ANY: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };
    /// Zero and more: counters, sizes, counts.
    pub const POSITIVE: Self = Self { low: 0.0, high: f64::INFINITY };
    /// One value.
    pub const ONE: Self = Self { low: 1.0, high: 1.0 };
    /// Yes or no.
    pub const BOOL: Self = Self { low: 0.0, high: 1.0 };

    /// From one value to another.
    pub const fn between(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    /// Values of either set.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// In words, for a message.
    pub fn words(self) -> String {
        let Self { low, high } = self;
        match (low.is_finite(), high.is_finite()) {
            (true, true) if (high - low).abs() < f64::EPSILON => format!("always {low}"),
            (true, true) => format!("from {low} to {high}"),
            (true, false) => format!("{low} or more"),
            (false, true) => format!("{high} or less"),
            (false, false) => "any number".to_owned(),
        }
    }

    /// Whether `self <op> other` holds for no values, or for all.
    pub(super) fn compare(self, op: u16, other: Self) -> Option<bool> {
        let (never, always) = match op {
            T_GTR => (self.high <= other.low, self.low > other.high),
            T_GTE => (self.high < other.low, self.low >= other.high),
            T_LSS => (self.low >= other.high, self.high < other.low),
            T_LTE => (self.low > other.high, self.high <= other.low),
            T_EQLC => (self.apart(other), self.same(other)),
            _ => (self.same(other), self.apart(other)),
        };
        match (never, always) {
            (true, _) => Some(false),
            (_, true) => Some(true),
            _ => None,
        }
    }

    fn apart(self, other: Self) -> bool {
        self.high < other.low || self.low > other.high
    }

    fn same(self, other: Self) -> bool {
        self.low >= self.high && other.low >= other.high && self == other
    }

    /// A sum of any number of them.
    fn summed(self) -> Self {
        Self {
            low: if self.low >= 0.0 { self.low } else { f64::NEG_INFINITY },
            high: if self.high <= 0.0 { self.high } else { f64::INFINITY },
        }
    }

    fn with(self, other: Self, op: impl Fn(f64, f64) -> f64) -> Self {
        let corners = [
            op(self.low, other.low),
            op(self.low, other.high),
            op(self.high, other.low),
            op(self.high, other.high),
        ];
        // Infinity times zero and the like: nothing is known.
        if corners.iter().any(|corner| corner.is_nan()) {
            return Self::ANY;
        }
        let low = corners.iter().copied().fold(f64::INFINITY, f64::min);
        let high = corners.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self { low, high }
    }
}

/// The values of the result of an expression.
pub(super) fn of(expr: &Expr, series: &dyn Series) -> Values {
    match expr {
        Expr::NumberLiteral(number) => Values::between(number.val, number.val),
        Expr::VectorSelector(selector) => series.values(&Selector::new(selector)),
        Expr::MatrixSelector(range) => series.values(&Selector::new(&range.vs)),
        Expr::Paren(inner) => of(&inner.expr, series),
        Expr::Subquery(inner) => of(&inner.expr, series),
        Expr::Unary(inner) => {
            let Values { low, high } = of(&inner.expr, series);
            Values::between(-high, -low)
        }
        Expr::Aggregate(aggregate) => of_aggregate(aggregate, series),
        Expr::Binary(binary) => of_binary(binary, series),
        Expr::Call(call) => of_call(call, series),
        Expr::StringLiteral(_) | Expr::Extension(_) => Values::ANY,
    }
}

fn of_aggregate(aggregate: &AggregateExpr, series: &dyn Series) -> Values {
    let inner = || of(&aggregate.expr, series);
    match aggregate.op.id() {
        T_COUNT | T_COUNT_VALUES => Values::between(1.0, f64::INFINITY),
        T_GROUP => Values::ONE,
        T_SUM => inner().summed(),
        T_MIN | T_MAX | T_AVG | T_TOPK | T_BOTTOMK | T_LIMITK | T_LIMIT_RATIO => inner(),
        T_STDDEV | T_STDVAR => Values::POSITIVE,
        _ => Values::ANY,
    }
}

fn of_binary(binary: &BinaryExpr, series: &dyn Series) -> Values {
    let (left, right) = (of(&binary.lhs, series), of(&binary.rhs, series));
    if binary.op.is_comparison_operator() {
        return match binary.return_bool() {
            true => Values::BOOL,
            false if is_scalar(&binary.lhs) => right,
            false => left,
        };
    }
    match binary.op.id() {
        T_LAND | T_LUNLESS => left,
        T_LOR => left.or(right),
        T_ADD => left.with(right, |a, b| a + b),
        T_SUB => left.with(right, |a, b| a - b),
        T_MUL => left.with(right, |a, b| a * b),
        T_DIV if right.low > 0.0 || right.high < 0.0 => left.with(right, |a, b| a / b),
        // A positive number by zero is infinity.
        T_DIV if left.low >= 0.0 && right.low >= 0.0 => Values::POSITIVE,
        _ => Values::ANY,
    }
}

fn of_call(call: &Call, series: &dyn Series) -> Values {
    let inner = || operand(call).map_or(Values::ANY, |arg| of(arg, series));
    let number = |at: usize| match call.args.args.get(at).map(|arg| bare(arg)) {
        Some(Expr::NumberLiteral(number)) => Some(number.val),
        _ => None,
    };
    match call.func.name {
        "absent" | "absent_over_time" | "present_over_time" => Values::ONE,
        "rate" | "irate" | "increase" | "changes" | "resets" | "abs" | "exp" | "sqrt" | "time"
        | "timestamp" | "stddev_over_time" | "stdvar_over_time" | "histogram_count" | "histogram_stddev"
        | "histogram_stdvar" => Values::POSITIVE,
        "count_over_time" => Values::between(1.0, f64::INFINITY),
        "sum_over_time" => inner().summed(),
        "vector" => call.args.args.first().map_or(Values::ANY, |arg| of(arg, series)),
        "avg_over_time" | "min_over_time" | "max_over_time" | "last_over_time" | "first_over_time"
        | "label_replace" | "label_join" | "scalar" => inner(),
        name if name.starts_with("sort") => inner(),
        "clamp_min" => {
            let Values { low, high } = inner();
            number(1).map_or(Values::ANY, |least| Values::between(low.max(least), high.max(least)))
        }
        "clamp_max" => {
            let Values { low, high } = inner();
            number(1).map_or(Values::ANY, |most| Values::between(low.min(most), high.min(most)))
        }
        "sgn" => Values::between(-1.0, 1.0),
        "hour" => Values::between(0.0, 23.0),
        "minute" => Values::between(0.0, 59.0),
        "day_of_week" => Values::between(0.0, 6.0),
        "day_of_month" => Values::between(1.0, 31.0),
        "days_in_month" => Values::between(28.0, 31.0),
        "day_of_year" => Values::between(1.0, 366.0),
        "month" => Values::between(1.0, 12.0),
        _ => Values::ANY,
    }
}
