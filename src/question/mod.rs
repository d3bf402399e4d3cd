//! A person's words in, what they are about out. Pure.

/// What somebody asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What it is about.
    pub intent: Intent,
    /// The words that say so.
    pub because: Vec<String>,
    /// Whether nothing was asked.
    pub text_was_empty: bool,
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Somebody can't sign in, or a password does not work.
    SignInProblem,
    /// Something else.
    Other,
}

/// Reads free text.
pub fn read(text: &str) -> Question {
    Question { intent: Intent::Other, because: Vec::new(), text_was_empty: text.trim().is_empty() }
}
