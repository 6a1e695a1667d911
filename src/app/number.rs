//! Tracking numbers: short enough to read over the phone, too many to guess.

/// Crockford's base 32: no I, L, O or U, so that no two letters are mistaken for each other.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Random characters in a number: 65 bits.
const CHARS: usize = 13;
const PREFIX: &str = "HX";

/// A new random number such as `HX-7K2M-9QPD-4TXW3`.
pub fn new_number() -> String {
    let mut number = String::from(PREFIX);
    for (i, byte) in rand::random::<[u8; CHARS]>().into_iter().enumerate() {
        if i % 4 == 0 && i < 12 {
            number.push('-');
        }
        number.push(char::from(ALPHABET[usize::from(byte & 31)]));
    }
    number
}

/// The number that a person means: any case, with or without hyphens and spaces, O for 0, I or L
/// for 1. `None` when it cannot be one.
pub fn parse_number(text: &str) -> Option<String> {
    let letters: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let letters = letters.strip_prefix(PREFIX)?;
    let letters: String = letters
        .chars()
        .map(|c| match c {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    let known = letters.len() == CHARS && letters.bytes().all(|b| ALPHABET.contains(&b));
    known.then(|| format!("{PREFIX}-{}-{}-{}", &letters[..4], &letters[4..8], &letters[8..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_reads_back_however_it_is_written_down() {
        for _ in 0..1_000 {
            let number = new_number();
            assert_eq!(parse_number(&number), Some(number.clone()));
            let spoken =
                number.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            assert_eq!(parse_number(&spoken), Some(number));
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in
            ["", "HX", "HX-0000-0000-0000", "HX-0000-0000-0000U", "0000-0000-00000", "HX-网格"]
        {
            assert_eq!(parse_number(text), None, "{text}");
        }
    }
}
