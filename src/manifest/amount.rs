//! Amounts of a chain's coin: whole numbers of 256 bits, written the way people do.

use crypto_bigint::{CheckedAdd as _, U256};

/// Units and their powers of ten.
const UNITS: [(&str, usize); 3] = [("wei", 0), ("gwei", 9), ("ether", 18)];

/// An amount in the smallest unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(U256);

impl Amount {
    /// Reads `1000 ether`, `1.5 gwei`, `123`, `123 wei` or `0x7b`; why not, where it is none.
    ///
    /// # Errors
    /// The text is no amount, is no whole number of wei, or takes more than 256 bits.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if let Some(digits) = text.strip_prefix("0x") {
            return Self::digits(digits, 16);
        }
        let (number, unit) = match text.split_once(' ') {
            Some((number, unit)) => (number, unit.trim()),
            None => (text, "wei"),
        };
        let (_, zeros) =
            UNITS.iter().find(|(name, _)| *name == unit).ok_or("its unit is none of wei, gwei, ether")?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if number.contains('.') && fraction.is_empty() {
            return Err("it ends with a point");
        }
        let fraction = fraction.trim_end_matches('0');
        let missing = zeros.checked_sub(fraction.len()).ok_or("it is no whole number of wei")?;
        Self::digits(&format!("{whole}{fraction}{}", "0".repeat(missing)), 10)
    }

    fn digits(digits: &str, radix: u32) -> Result<Self, &'static str> {
        if digits.is_empty() {
            return Err("it has no digits");
        }
        let mut value = U256::ZERO;
        for digit in digits.chars() {
            let digit = digit.to_digit(radix).ok_or("it is no number")?;
            let next =
                value.checked_mul(&U256::from_u32(radix)).and_then(|v| v.checked_add(&U256::from_u32(digit)));
            value = next.into_option().ok_or("it takes more than 256 bits")?;
        }
        Ok(Self(value))
    }

    /// `0x` and hexadecimal digits without leading zeros.
    pub fn to_hex(self) -> String {
        let digits = format!("{:x}", self.0);
        let short = digits.trim_start_matches('0');
        format!("0x{}", if short.is_empty() { "0" } else { short })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_as_people_write_them() {
        for (text, hex) in [
            ("0", "0x0"),
            ("0x0", "0x0"),
            ("255", "0xff"),
            ("0xFF", "0xff"),
            ("1 gwei", "0x3b9aca00"),
            ("1.5 gwei", "0x59682f00"),
            ("1 ether", "0xde0b6b3a7640000"),
            ("5000000 ether", "0x422ca8b0a00a425000000"),
            (
                "115792089237316195423570985008687907853269984665640564039457584007913129639935",
                &format!("0x{}", "f".repeat(64)),
            ),
        ] {
            assert_eq!(Amount::parse(text).unwrap().to_hex(), hex, "{text}");
        }
    }

    #[test]
    fn what_is_no_amount() {
        for text in [
            "",
            "0x",
            "-1",
            "1e18",
            "1 eth",
            "1.",
            "1.5",
            "0.0000000000000000001 ether",
            "1  ",
            "0xg",
            "115792089237316195423570985008687907853269984665640564039457584007913129639936",
        ] {
            assert!(Amount::parse(text).is_err(), "{text}");
        }
    }
}
