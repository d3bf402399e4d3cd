//! Concepts and codes to intent, hypothesis and scope. Rules in order; the first that fits decides, and names the concepts
//! that it rests on. No word of any language stands here.

use super::codes::{Code, is_called_so};
use super::concept::{Concept, Concepts};
use super::lexicon::Hit;
use super::text::Token;
use super::{Hypothesis, Intent, Scope};

use Concept::*;

/// What the rules say.
pub(super) struct Verdict {
    pub(super) intent: Intent,
    pub(super) hypothesis: Option<Hypothesis>,
    pub(super) scope: Scope,
    /// The spans of tokens that decided.
    pub(super) because: Vec<(usize, usize)>,
    /// Whether nothing else in the text can overrule it.
    pub(super) is_certain: bool,
    /// Whether somebody says to leave the synchronization off, or to switch it off.
    pub(super) keeps_off: bool,
    /// Whether somebody says so who tells beyond doubt that people can't sign in.
    pub(super) is_hard: bool,
}

/// Words that say that something is wrong.
const TROUBLE: [Concept; 3] = [Cannot, Fails, Not];
/// Concepts that each tell a sign-in problem by themselves, most telling first.
const TELLING: [(Concept, Hypothesis); 10] = [
    (ServiceIdentity, Hypothesis::SyncServiceIdentity),
    (Pta, Hypothesis::PassThroughAuth),
    (Federation, Hypothesis::Federation),
    (OldWorks, Hypothesis::PasswordHashSync),
    (Evidence, Hypothesis::PasswordHashSync),
    (Assignment, Hypothesis::AppAssignment),
    (Mfa, Hypothesis::MfaOrConditionalAccess),
    (Expired, Hypothesis::ExpiredPassword),
    (Locked, Hypothesis::Lockout),
    (Disabled, Hypothesis::AccountDisabledOrMissing),
];

/// A text by its concepts.
struct Reading<'a> {
    tokens: &'a [Token],
    hits: &'a [Hit],
    /// In the whole text.
    all: Concepts,
    /// In each part of a sentence.
    clauses: Vec<Concepts>,
    /// In the parts that speak of nothing foreign.
    ours: Concepts,
    /// Whether there is a question mark.
    mark: bool,
}

impl<'a> Reading<'a> {
    fn new(text: &str, tokens: &'a [Token], hits: &'a [Hit]) -> Self {
        let left_off: Vec<&Hit> = hits.iter().filter(|hit| hit.concept == Enable).collect();
        let mut clauses = vec![Concepts::default(); tokens.last().map_or(0, |last| last.clause) + 1];
        for hit in hits {
            // "Don't switch it on" is no trouble.
            let of_enable = |enable: &&Hit| tokens[enable.from].clause == tokens[hit.from].clause;
            if hit.concept == Not && left_off.iter().any(of_enable) {
                continue;
            }
            clauses[tokens[hit.from].clause].add(hit.concept);
        }
        let join = |all: Concepts, clause: &Concepts| all.join(*clause);
        let all = clauses.iter().fold(Concepts::default(), join);
        // Where one signs in to a named place, or a named part of sign-in fails, other words stand beside it by chance.
        let access = || hits.iter().filter(|hit| matches!(hit.concept, Access | Enter));
        let is_object = |hit: &Hit| {
            let near = |access: &Hit| hit.from >= access.to && hit.from - access.to <= 4;
            hit.concept == Foreign && access().any(near)
        };
        let objects: Vec<usize> =
            hits.iter().filter(|hit| is_object(hit)).map(|hit| tokens[hit.from].clause).collect();
        let is_ours = |(index, clause): &(usize, &Concepts)| {
            let named = clause.has(Place) && clause.has(Access) && clause.has(Cannot);
            !clause.has(Foreign) || clause.any(&[Phs, Pta, Federation]) || (named && !objects.contains(index))
        };
        let ours = clauses
            .iter()
            .enumerate()
            .filter(is_ours)
            .map(|(_, clause)| clause)
            .fold(Concepts::default(), join);
        Self { tokens, hits, all, clauses, ours, mark: text.contains(['?', '？']) }
    }

    fn of(&self, concept: Concept) -> impl Iterator<Item = &'a Hit> {
        self.hits.iter().filter(move |hit| hit.concept == concept)
    }

    fn clause(&self, hit: &Hit) -> Concepts {
        self.clauses[self.tokens[hit.from].clause]
    }

    /// Whether a negation belongs to a phrase: just before it, or just after it in the same part of the sentence.
    fn is_negated(&self, hit: &Hit) -> bool {
        let clause = self.tokens[hit.from].clause;
        self.of(Not).chain(self.of(Forbid)).any(|not| {
            let near = (not.to <= hit.from && hit.from - not.to <= 6)
                || (not.from >= hit.to && not.from - hit.to <= 3);
            let inside = not.from >= hit.from && not.to <= hit.to;
            self.tokens[not.from].clause == clause && (near || inside)
        })
    }
}

/// Reads the concepts.
pub(super) fn decide(text: &str, tokens: &[Token], hits: &[Hit], codes: &[(Code, usize)]) -> Verdict {
    let reading = Reading::new(text, tokens, hits);
    let (intent, mut rests_on) = intent(&reading, codes);
    let hypothesis = (intent == Intent::SignInProblem).then(|| {
        let (hypothesis, concepts) = hypothesis(&reading, codes);
        rests_on.extend(concepts);
        hypothesis
    });
    let (scope, concept) = scope(&reading, text);
    if intent == Intent::SignInProblem {
        rests_on.extend(concept);
    }
    let mut because: Vec<(usize, usize)> =
        hits.iter().filter(|hit| rests_on.contains(&hit.concept)).map(|hit| (hit.from, hit.to)).collect();
    because.extend(codes.iter().map(|(_, at)| (*at, at + 1)));
    // A code that leaves no doubt, in a text that does not say that it is over; or a key word or phrase and nothing else.
    let leaves_no_doubt = |(code, at): &(Code, usize)| !code.is_weak() && is_called_so(tokens, hits, *at);
    let is_told = intent == Intent::SignInProblem && codes.iter().any(leaves_no_doubt);
    let is_one_word = text.split_whitespace().nth(1).is_none() && tokens.len() <= 3 && !because.is_empty();
    let is_word = is_one_word || (codes.is_empty() && because.contains(&(0, tokens.len())));
    let is_certain = is_told || is_word || tokens.is_empty();
    let keeps_off = keeps_off(&reading) || forbids(&reading) || says_no(&reading);
    let tells = is_hard(&reading) || reading.ours.any(&[OldWorks, Evidence]);
    let is_hard = keeps_off && intent == Intent::SignInProblem && tells;
    Verdict { intent, hypothesis, scope, because, is_certain, keeps_off, is_hard }
}

fn intent(reading: &Reading<'_>, codes: &[(Code, usize)]) -> (Intent, Vec<Concept>) {
    let sync = reading.ours.any(&[Phs, Sync, Server]);
    let asked = reading.mark || reading.all.has(Question);
    if !(sync && asked) && is_over(reading) {
        return (Intent::Other, vec![Resolved]);
    }
    if asks_to_enable(reading) {
        return (Intent::Fix, vec![Enable, Repair, Phs, It, Again]);
    }
    let (all, ours) = (reading.all, reading.ours);
    if !codes.is_empty() {
        return (Intent::SignInProblem, vec![]);
    }
    let problem = problem(reading);
    let asks = all.any(&[State, Question]) || reading.mark;
    let hard = is_hard(reading);
    if all.has(Help) && !hard {
        return (Intent::Help, vec![Help]);
    }
    if keeps_off(reading) && !hard && !ours.any(&[Cannot, Fails, OldWorks, Evidence]) {
        return (Intent::Other, vec![KeepOff, Enable, Not]);
    }
    // "Is the sync still down?" asks; "PHS down?" tells.
    let tells =
        ours.any(&[Cannot, Evidence, OldWorks, ServiceIdentity, Disabled, Mfa, Federation, Pta, Secret])
            || (ours.has(Fails) && !reading.mark)
            || (ours.has(Fails) && !all.any(&[State, Question]))
            || (ours.has(Fails) && ours.any(&[Access, Place]));
    if asks && sync && !hard && !tells {
        return (Intent::Status, vec![State, Question, Phs, Sync, Server]);
    }
    if let Some(rests_on) = problem {
        return (Intent::SignInProblem, rests_on);
    }
    if all.has(State) && !all.any(&[Foreign, Cannot, Place]) && reading.tokens.len() <= 6 {
        return (Intent::Status, vec![State]);
    }
    if all.has(HelpWord) && !all.has(Foreign) && reading.tokens.len() <= 4 {
        return (Intent::Help, vec![HelpWord]);
    }
    (Intent::Other, vec![Foreign, KeepOff, Enable])
}

/// Whether somebody says to leave it off, or names no switching on but what is negated; what is wished after that counts.
fn keeps_off(reading: &Reading<'_>) -> bool {
    let said = reading.of(KeepOff).last().map(|hit| hit.to);
    let mut wishes = reading.of(Enable).filter(|hit| !reading.is_negated(hit));
    match said {
        Some(said) => wishes.all(|hit| hit.from < said),
        None => reading.all.has(Enable) && wishes.next().is_none(),
    }
}

/// Whether signing in itself fails.
fn is_hard(reading: &Reading<'_>) -> bool {
    reading.ours.has(Access) && reading.ours.any(&TROUBLE)
}

/// Whether the synchronization is not to be switched on by anybody, or to be switched off, and nothing in the text wishes it on.
fn forbids(reading: &Reading<'_>) -> bool {
    let ours = |clause: &Concepts| clause.any(&[Phs, Sync, It, Enable]);
    let told = |clause: &Concepts| {
        ours(clause) && (clause.any(&[Forbid, SwitchOff]) || clause.has(Not) && clause.any(&[Phs, Enable]))
    };
    reading.clauses.iter().any(told) && !asks_to_enable(reading)
}

/// Whether a part of the text is nothing but a no: "please do not, …", or behind the wish, "enable PHS? No!".
fn says_no(reading: &Reading<'_>) -> bool {
    let last_wish = reading.of(Enable).last().map_or(0, |hit| hit.to);
    let is_all = |hit: &Hit| {
        let clause = reading.tokens[hit.from].clause;
        let other = |at: usize| reading.tokens.get(at).is_some_and(|token| token.clause == clause);
        !hit.from.checked_sub(1).is_some_and(other) && !other(hit.to)
    };
    let wished = reading.all.has(Enable);
    wished
        && (reading.of(Forbid).any(is_all) || reading.of(Not).any(|hit| hit.from >= last_wish && is_all(hit)))
}

/// Whether one person is named: by a user principal name, or as whose account or password it is ("Bob's password").
fn names_somebody(reading: &Reading<'_>, text: &str) -> bool {
    let tokens = reading.tokens;
    let is_address = |pair: &[Token]| text.get(pair[0].end..pair[1].start) == Some("@");
    let is_name = |(at, token): (usize, &Token)| {
        let written = text.get(token.start..token.end).unwrap_or_default();
        let stem = written.strip_suffix("'s").or_else(|| written.strip_suffix("’s"));
        let capital = stem.is_some_and(|stem| stem.chars().next().is_some_and(char::is_uppercase));
        let owned = |hit: &Hit| {
            matches!(hit.concept, Secret | Account | Place | Changed | Old | Mfa | Access)
                && hit.from == at + 1
        };
        capital && reading.hits.iter().any(owned)
    };
    tokens.windows(2).any(is_address) || tokens.iter().enumerate().any(is_name)
}

/// Whether a number above one stands before what people are counted by ("14 calls", "5 users").
fn counts_several(reading: &Reading<'_>) -> bool {
    let number =
        |at: usize| reading.tokens[at].word.parse::<u32>().is_ok_and(|number| (2..100_000).contains(&number));
    reading.of(Counted).any(|hit| {
        let near = hit.from.saturating_sub(2)..hit.from;
        near.into_iter().any(|at| number(at) && reading.tokens[at].clause == reading.tokens[hit.from].clause)
    })
}

/// Somebody says that it is over, and nothing after that says otherwise.
fn is_over(reading: &Reading<'_>) -> bool {
    let Some(last) = reading.of(Resolved).last() else { return false };
    let clause = reading.tokens[last.from].clause;
    let after = &reading.clauses[clause + 1..];
    let first = reading.of(Resolved).next().map_or(clause, |hit| reading.tokens[hit.from].clause);
    let before = &reading.clauses[..first];
    let open = |clauses: &[Concepts]| {
        clauses
            .iter()
            .any(|clause| clause.any(&[Cannot, Fails, Enable, Mfa, Locked]) && !clause.has(Resolved))
    };
    !reading.is_negated(last) && !open(after) && !open(before)
}

/// Somebody asks to switch password sync on again.
fn asks_to_enable(reading: &Reading<'_>) -> bool {
    let all = reading.all;
    if all.has(KeepOff) || (all.has(Help) && !all.any(&[Cannot, Fails])) {
        return false;
    }
    let few = reading.tokens.len() <= 3;
    let asks = |hit: &Hit| {
        let clause = reading.clause(hit);
        // "The fix for code 90" is the switch; "fix it, passwords don't arrive" is a cry for help.
        let the_fix = hit.concept == Repair && hit.to - hit.from >= 2 && clause.has(Evidence);
        // Where something else stands beside it, that is to be switched on.
        let of_ours = (all.has(Phs) && (!clause.has(Foreign) || clause.has(Phs)))
            || the_fix
            || (clause.any(&[Sync, Server]) && !all.has(Place) && !clause.has(Foreign));
        let of_others =
            clause.any(&[Foreign, Mfa, Account, Access, Locked, Expired, Assignment, Federation, Pta]);
        let bare = few && !all.any(&[Foreign, Place, Secret, Account, Mfa, Access, Cannot, Fails, State]);
        let it_again = clause.has(It)
            && (clause.has(Again) || reading.tokens.len() <= 7)
            && !clause.any(&[Foreign, Place, Access]);
        !reading.is_negated(hit) && (of_ours || ((bare || it_again) && !of_others))
    };
    let enable = reading.of(Enable).any(asks);
    // "Can you get PHS going once more": whatever the verb.
    let once_more = reading.clauses.iter().any(|clause| clause.has(Phs) && clause.has(Again))
        && !all.any(&[Enable, SwitchOff, Not, Cannot, Fails, State, Resolved, Access, OldWorks, Evidence]);
    enable || once_more || reading.of(Repair).any(asks)
}

/// Whether the text tells of a sign-in problem, and what says so.
fn problem(reading: &Reading<'_>) -> Option<Vec<Concept>> {
    let ours = reading.ours;
    let troubled = ours.any(&[Cannot, Fails, Not, Prompt]);
    if ours.has(Access) && (troubled || ours.has(HelpWord)) {
        return Some(vec![Access, Cannot, Fails, Not, Prompt, HelpWord]);
    }
    if ours.has(Secret) && troubled {
        return Some(vec![Secret, Cannot, Fails, Not, Prompt]);
    }
    let together = |concepts: &[Concept]| {
        let all = |clause: &Concepts| concepts.iter().all(|concept| clause.has(*concept));
        reading.clauses.iter().any(|clause| all(clause) && !clause.has(Foreign))
    };
    let none_foreign = !reading.all.has(Foreign) || together(&[Enter, Cannot]);
    if ours.has(Enter) && ours.has(Cannot) && (ours.has(Place) || none_foreign) {
        return Some(vec![Enter, Cannot, Place]);
    }
    let whereto = ours.any(&[Place, Account]) || reading.tokens.len() <= 5;
    if ours.has(Enter) && ours.any(&[Fails, Cannot]) && whereto && !reading.all.has(Foreign) {
        return Some(vec![Enter, Fails, Place, Account]);
    }
    if ours.has(Place) && ours.has(Cannot) && !reading.all.has(Foreign) {
        return Some(vec![Place, Cannot]);
    }
    if TELLING.iter().any(|(concept, _)| ours.has(*concept)) {
        return Some(vec![]);
    }
    if ours.any(&[Phs, Server]) && ours.any(&TROUBLE) && !reading.all.any(&[Enable, KeepOff]) {
        return Some(vec![Phs, Server, Cannot, Fails, Not]);
    }
    if ours.has(Phs) && !reading.all.any(&[Enable, KeepOff, Foreign]) {
        return Some(vec![Phs]);
    }
    if ours.has(Secret) && ours.has(Changed) && reading.all.has(One) && !reading.all.has(Foreign) {
        return Some(vec![Secret, Changed]);
    }
    None
}

fn hypothesis(reading: &Reading<'_>, codes: &[(Code, usize)]) -> (Hypothesis, Vec<Concept>) {
    let ours = reading.ours;
    if ours.has(ServiceIdentity) {
        return (Hypothesis::SyncServiceIdentity, vec![ServiceIdentity]);
    }
    let of_code = |weak: bool| {
        codes.iter().filter(|(code, _)| code.is_weak() == weak).find_map(|(code, _)| code.hypothesis())
    };
    if let Some(hypothesis) = of_code(false) {
        return (hypothesis, vec![]);
    }
    for (concept, hypothesis) in TELLING {
        if ours.has(concept) && !(concept == Disabled && ours.has(Phs)) {
            return (hypothesis, vec![concept]);
        }
    }
    let troubled = ours.any(&[Cannot, Fails, Not, Prompt, Old]);
    if ours.has(Secret) && ours.has(Changed) && troubled {
        return (Hypothesis::PasswordHashSync, vec![Secret, Changed, Old]);
    }
    if ours.any(&[Phs, Server]) && !ours.any(&[Access]) || ours.has(Phs) {
        return (Hypothesis::PasswordHashSync, vec![Phs, Server]);
    }
    (of_code(true).unwrap_or(Hypothesis::Unclear), vec![])
}

fn scope(reading: &Reading<'_>, text: &str) -> (Scope, Option<Concept>) {
    // "The user's password" is of one, and hits the same words as that of the users.
    let is_owner = |hit: &&Hit| {
        let last = hit.to.checked_sub(1).and_then(|last| reading.tokens.get(last));
        let written = last.and_then(|last| text.get(last.start..last.end)).unwrap_or_default();
        let goes_on = reading
            .hits
            .iter()
            .any(|next| next.from == hit.to && matches!(next.concept, Cannot | Not | Fails));
        (written.ends_with("'s") || written.ends_with("’s")) && !goes_on
    };
    let (owners, many): (Vec<&Hit>, Vec<&Hit>) = reading.of(Many).partition(is_owner);
    let one = reading.all.has(One) || !owners.is_empty();
    match (!many.is_empty(), one) {
        (true, _) => (Scope::Many, Some(Many)),
        (false, _) if counts_several(reading) => (Scope::Many, Some(Counted)),
        (false, true) => (Scope::One, Some(One)),
        (false, false) if names_somebody(reading, text) => (Scope::One, None),
        (false, false) => (Scope::Unknown, None),
    }
}
