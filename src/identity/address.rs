//! Addresses of Ethereum accounts.

use sha3::Digest as _;

/// An address of 20 bytes as 40 lower-case digits, from `0x` and digits of either case.
///
/// # Errors
/// The text is no address, or its mixed case contradicts the checksum of EIP-55; then the right case
/// is in the error.
pub fn address(text: &str) -> Result<String, AddressError> {
    let digits =
        text.strip_prefix("0x").filter(|d| d.len() == 40 && d.chars().all(|c| c.is_ascii_hexdigit()));
    let digits = digits.ok_or(AddressError::Form)?;
    let lower = digits.to_ascii_lowercase();
    let one_case = digits == lower || digits == digits.to_ascii_uppercase();
    let right = checksummed(&lower);
    if one_case || digits == right { Ok(lower) } else { Err(AddressError::Checksum(format!("0x{right}"))) }
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// Not `0x` and 40 digits.
    Form,
    /// The case contradicts the checksum; so it should be written, if the digits are right.
    Checksum(String),
}

/// The digits with the case of EIP-55: upper where the digit of the hash is 8 or more.
fn checksummed(lower: &str) -> String {
    let hash = sha3::Keccak256::digest(lower.as_bytes());
    let nibbles = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    lower.chars().zip(nibbles).map(|(c, n)| if n >= 8 { c.to_ascii_uppercase() } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EIP-55, "Test Cases".
    #[test]
    fn the_addresses_of_eip_55() {
        for good in [
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "0xde709f2102306220921060314715629080e2fb77",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
            "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        ] {
            assert_eq!(Some(address(good).unwrap()), good.get(2..).map(str::to_lowercase));
        }
        let wrong = address("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed").unwrap_err();
        assert_eq!(wrong, AddressError::Checksum("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed".to_owned()));
        for bad in [
            "",
            "0x",
            "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
        ] {
            assert_eq!(address(bad), Err(AddressError::Form));
        }
    }
}
