//! Bounds of how many tokens a text is, for tokenizers that are not known.
//!
//! A tokenizer's own vocabulary would count exactly for one family of models only, at 3.5 MB in the
//! program; what is decided by a count here (the size of a context, a limit of cost, whether a
//! server read all of a prompt) needs a bound that holds for all of them.

/// At least so many: no common tokenizer joins words over a space, and few join more than three
/// signs of scripts without spaces.
pub(crate) fn at_least(text: &str) -> u64 {
    let wide = text.chars().filter(|c| ('\u{2e80}'..'\u{d7b0}').contains(c)).count();
    (text.split_whitespace().count() + wide / 3) as u64
}

/// At most about so many: two and a half bytes a token, where English has four or more and the
/// rarest scripts nearly three.
pub(crate) const fn at_most(text: &str) -> u64 {
    (text.len() as u64 * 2).div_ceil(5)
}
