//! What became of a lead, in the policy's words.

/// What became of a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// One of the policy's positive values.
    Won,
    /// One of its negative values.
    Lost,
    /// Anything else, or nothing: excluded from training and counted.
    Open,
}

/// Reads an outcome; `positive` and `negative` are tidied, as the policy has them.
#[must_use]
pub fn outcome(text: Option<&str>, positive: &[String], negative: &[String]) -> Outcome {
    let Some(text) = text else {
        return Outcome::Open;
    };
    let text = crate::name::tidy(text);
    if positive.iter().any(|value| *value == text) {
        Outcome::Won
    } else if negative.iter().any(|value| *value == text) {
        Outcome::Lost
    } else {
        Outcome::Open
    }
}
