//! What a diagnosis promises, told through reports.
