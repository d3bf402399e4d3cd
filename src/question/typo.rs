//! Is a word another one, mistyped?

/// Whether a word is a slip of the pen away from another: two letters swapped, one too many or too few; in words of seven
/// letters or more also one wrong (in words of four nothing but a swap), and from ten letters on two slips.
pub(super) fn is_slip(word: &[char], wanted: &[char]) -> bool {
    let short = word.len().min(wanted.len());
    if word.len().abs_diff(wanted.len()) > 2 || short < 4 {
        return false;
    }
    if short == 4 && word.len() != wanted.len() {
        return false;
    }
    // Singular and plural are two words.
    let (long, other) = if word.len() > wanted.len() { (word, wanted) } else { (wanted, word) };
    if long.split_last() == Some((&'s', other)) {
        return false;
    }
    let allowed = if short >= 10 { 2 } else { 1 };
    distance(word, wanted, if short >= 7 { 1 } else { 2 }, allowed) <= allowed
}

/// Optimal string alignment distance where a wrong letter costs `wrong`; anything above `bound` is `bound + 1`.
fn distance(word: &[char], wanted: &[char], wrong: usize, bound: usize) -> usize {
    let width = wanted.len() + 1;
    let mut before: Vec<usize> = vec![usize::MAX / 2; width];
    let mut last: Vec<usize> = (0..width).collect();
    for (row, letter) in word.iter().enumerate() {
        let mut line = vec![row + 1; width];
        for column in 1..width {
            let other = wanted[column - 1];
            let step = if *letter == other { 0 } else { wrong };
            let mut best = (last[column - 1] + step).min(last[column] + 1).min(line[column - 1] + 1);
            if row > 0 && column > 1 && *letter == wanted[column - 2] && word[row - 1] == other {
                best = best.min(before[column - 2] + 1);
            }
            line[column] = best;
        }
        if line.iter().all(|cost| *cost > bound) {
            return bound + 1;
        }
        before = std::mem::replace(&mut last, line);
    }
    last[width - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slip(word: &str, wanted: &str) -> bool {
        is_slip(&word.chars().collect::<Vec<_>>(), &wanted.chars().collect::<Vec<_>>())
    }

    #[test]
    fn slips_are_seen_and_other_words_are_not() {
        assert!(slip("lgoin", "login") && slip("pasword", "password") && slip("passwrod", "password"));
        assert!(slip("anmleden", "anmelden") && slip("authentcation", "authentication"));
        assert!(!slip("looked", "locked") && !slip("logic", "login") && !slip("pin", "pi"));
        assert!(!slip("", "login") && !slip("conductor", "connector"));
    }
}
