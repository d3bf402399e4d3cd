//! Code pages of single bytes: Windows' own, and those of its consoles, in which `wevtutil … > file` writes.
//!
//! No statistics tell these apart in a few words, but Windows' labels do: the right page is the one in which most of
//! them are known, and after that the one in which the letters within words look like letters.

use std::borrow::Cow;

use encoding_rs::Encoding;
use oem_cp::code_table::DECODING_TABLE_CP_MAP;
use oem_cp::code_table_type::TableType;

use super::{labels, levels, line};

/// How the bytes of a text that are no ASCII are read.
#[derive(Clone, Copy)]
pub(super) enum CodePage {
    Windows(&'static Encoding),
    Console(&'static TableType),
}

/// The consoles' pages of languages that Windows Server comes in: western, central European, Turkish, Greek, Baltic. The
/// Cyrillic one is told by its statistics.
const CONSOLES: [u16; 5] = [850, 852, 857, 737, 775];

/// So many lines are looked at.
const LINES: usize = 400;

impl CodePage {
    /// The page that a text is in; `likely` is what its statistics say, and stands if nothing else does better.
    pub(super) fn of(head: &[u8], likely: &'static Encoding) -> CodePage {
        let consoles =
            CONSOLES.iter().filter_map(|page| DECODING_TABLE_CP_MAP.get(page)).map(CodePage::Console);
        let first = CodePage::Windows(likely);
        let (_, page) = consoles.fold((first.likeness(head), first), |(best, page), other| {
            let likeness = other.likeness(head);
            if likeness > best { (likeness, other) } else { (best, page) }
        });
        page
    }

    pub(super) fn decode<'a>(&self, bytes: &'a [u8]) -> Cow<'a, str> {
        match self {
            CodePage::Windows(encoding) => encoding.decode_without_bom_handling(bytes).0,
            CodePage::Console(table) => table.decode_string_lossy(bytes).into(),
        }
    }

    /// How many of Windows' words are known in a text that is read so, and how few letters are odd.
    fn likeness(&self, head: &[u8]) -> (usize, std::cmp::Reverse<usize>) {
        let lines = head.split(|byte| *byte == b'\n').filter(|line| !line.is_ascii()).take(LINES);
        let (mut known, mut odd) = (0, 0);
        for bytes in lines {
            let text = self.decode(bytes);
            let line = text.trim();
            known += usize::from(line::labelled(line).is_some_and(|(known, _)| !known.guessed));
            let cells = line.split([',', ';', '\t']).map(|cell| cell.trim_matches(['"', ' ']));
            let is_word = |cell: &&str| {
                !cell.is_ascii() && (labels::exactly(cell).is_some() || levels::level(cell).is_some())
            };
            known += cells.filter(is_word).count();
            odd += odd_letters(line);
        }
        (known, std::cmp::Reverse(odd))
    }
}

/// What Unicode calls letters and no language writes beside others.
const NO_LETTERS: [char; 3] = ['\u{192}', '\u{ba}', '\u{aa}'];

/// Marks between letters and capitals behind small ones, as a wrong page makes them of letters.
fn odd_letters(text: &str) -> usize {
    let before = std::iter::once(' ').chain(text.chars());
    let behind = text.chars().skip(1).chain([' ']);
    let odd = |((before, c), behind): &((char, char), char)| {
        let within = before.is_alphabetic() && behind.is_alphabetic();
        let is_mark = within && !c.is_alphabetic() && *c != '\u{2019}'
            || (before.is_alphabetic() || behind.is_alphabetic()) && NO_LETTERS.contains(c);
        !c.is_ascii() && (is_mark || before.is_lowercase() && c.is_uppercase())
    };
    before.zip(text.chars()).zip(behind).filter(odd).count()
}

#[cfg(test)]
mod tests {
    use encoding_rs::{WINDOWS_1250, WINDOWS_1252, WINDOWS_1254};
    use oem_cp::OEMCPHashMap;
    use oem_cp::code_table::{ENCODING_TABLE_CP850, ENCODING_TABLE_CP852, ENCODING_TABLE_CP857};

    use super::super::decode::Utf8;

    fn decoded(bytes: &[u8]) -> String {
        std::io::read_to_string(Utf8::new(bytes).expect("reads")).expect("is UTF-8")
    }

    fn in_console(text: &str, page: &OEMCPHashMap<char, u8>) -> Vec<u8> {
        text.chars()
            .map(|c| {
                page.get(&c).copied().unwrap_or_else(|| u8::try_from(c).unwrap_or_else(|_| panic!("{c}")))
            })
            .collect()
    }

    #[test]
    fn what_a_console_wrote_in_its_code_page_and_what_windows_wrote_in_its_own_are_the_same_text() {
        let czech = "Event[0]:\r\n  N\u{e1}zev protokolu: Application\r\n  Zdroj: ADSync\r\n  ID ud\u{e1}losti: 6900\r\n  \u{da}rove\u{148}: Chyba\r\n\
            Na serveru do\u{161}lo k neo\u{10d}ek\u{e1}van\u{e9} chyb\u{11b} p\u{159}i zpracov\u{e1}n\u{ed} ozn\u{e1}men\u{ed}:\r\n";
        let polish = "  Nazwa dziennika: Application\r\n  \u{179}r\u{f3}d\u{142}o: ADSync\r\n  Poziom: B\u{142}\u{105}d\r\n  U\u{17c}ytkownik: Brak\r\n";
        let german = "Ebene;Datum und Uhrzeit;Quelle;Ereignis-ID;Aufgabenkategorie\r\nFehler;22.11.2026;ADSync;6900;F\u{fc}r \u{c4}nderungen\r\n";
        let portuguese = "  N\u{ed}vel: Erro\r\n  Usu\u{e1}rio: N/A\r\n  Opera\u{e7}\u{e3}o: Informa\u{e7}\u{f5}es\r\n  Descri\u{e7}\u{e3}o: x\r\n";
        let turkish = "  G\u{fc}nl\u{fc}k Ad\u{131}: Application\r\n  D\u{fc}zey: Hata\r\n  A\u{e7}\u{131}klama: \u{15f}\u{131}k \u{11f}\r\n";
        for (text, console, windows) in [
            (czech, &ENCODING_TABLE_CP852, WINDOWS_1250),
            (polish, &ENCODING_TABLE_CP852, WINDOWS_1250),
            (german, &ENCODING_TABLE_CP850, WINDOWS_1252),
            (portuguese, &ENCODING_TABLE_CP850, WINDOWS_1252),
            (turkish, &ENCODING_TABLE_CP857, WINDOWS_1254),
        ] {
            assert_eq!(decoded(&in_console(text, console)), text);
            assert_eq!(decoded(&windows.encode(text).0), text);
        }
    }
}
