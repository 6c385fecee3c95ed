//! How many tokens a text is: counted with OpenAI's newest public vocabulary, which its present models
//! share, and bounded for the vocabularies of others.

use tiktoken_rs::o200k_base_singleton;

/// Tokens of `text` in the vocabulary `o200k_base`, counted line by line: a tokenizer that joins
/// letters over a line's end comes to slightly less.
#[must_use]
pub fn count_tokens(text: &str) -> u64 {
    let tokenizer = o200k_base_singleton();
    text.split_inclusive('\n').map(|line| tokenizer.encode_ordinary(line).len() as u64).sum()
}

/// The fewest tokens a server that read all of `counted` may name. Other vocabularies than the counted
/// one are larger or smaller; what is cut silently is cut to the size of a context, far below.
pub(crate) const fn least(counted: u64) -> u64 {
    counted * 6 / 10
}

/// At most about so many in any vocabulary: two and a half bytes a token, where English has four or
/// more and the rarest scripts nearly three.
pub(crate) const fn at_most(text: &str) -> u64 {
    (text.len() as u64 * 2).div_ceil(5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_those_of_the_public_vocabulary() {
        assert_eq!(count_tokens("Hello, world!"), 4);
        assert_eq!(count_tokens(""), 0);
        let text = "I was so worried about the exam on Friday.\n今日は疲れた。\n";
        assert!(count_tokens(text) <= at_most(text));
    }
}
