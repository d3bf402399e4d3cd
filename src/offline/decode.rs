//! Bytes of any usual encoding as UTF-8, while they stream by.
//!
//! UTF-16 is told by its mark or by where its zero bytes lie. Everything else is read as UTF-8, and a byte that is none as the
//! code page of single bytes that the beginning is likely in: what decides (numbers, codes, Microsoft's English texts) is ASCII
//! in all of them. An XML declaration and a text that can only be Shift-JIS are followed.

use std::io::{self, BufRead, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, Encoding, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::code_page::CodePage;
use super::fault::spoken;
use crate::words;

/// So much is looked at to tell the encoding, and read at a time.
const CHUNK: usize = 64 * 1024;

/// A reader that gives UTF-8, whatever it reads.
pub struct Utf8<R> {
    inner: R,
    /// What was read and not yet decoded.
    input: Vec<u8>,
    output: Vec<u8>,
    given: usize,
    decoder: Option<Decoder>,
    /// What a byte is read as that is no UTF-8.
    stray: CodePage,
    /// Every byte is such a one.
    alone: bool,
    /// What is in `input` has been decoded as far as it can be.
    decoded: bool,
    at_end: bool,
    finished: bool,
}

impl<R: Read> Utf8<R> {
    /// Looks at the beginning and tells the encoding.
    ///
    /// # Errors
    /// If the beginning can't be read.
    pub fn new(mut inner: R) -> io::Result<Utf8<R>> {
        let mut input = Vec::with_capacity(CHUNK);
        let length = (&mut inner).take(CHUNK as u64).read_to_end(&mut input)?;
        let (decoder, mark) = encoding(&input);
        let (stray, alone) = (single_bytes(&input), is_rarely_utf8(&input));
        input.drain(..mark);
        let decoder = decoder.map(Encoding::new_decoder_without_bom_handling);
        let at_end = length < CHUNK;
        let output = Vec::new();
        Ok(Utf8 {
            inner,
            input,
            output,
            given: 0,
            decoder,
            stray,
            alone,
            decoded: false,
            at_end,
            finished: false,
        })
    }

    fn decode(&mut self) -> io::Result<()> {
        self.output.clear();
        self.given = 0;
        match &mut self.decoder {
            Some(decoder) => {
                let most = decoder.max_utf8_buffer_length(self.input.len()).unwrap_or(4 * CHUNK);
                self.output.resize(most, 0);
                let wide = [UTF_16LE, UTF_16BE].contains(&decoder.encoding());
                let (_, _, written, errors) =
                    decoder.decode_to_utf8(&self.input, &mut self.output, self.at_end);
                self.output.truncate(written);
                if wide && (errors || is_narrow_read_as_wide(&self.output)) {
                    return Err(mixed_encodings());
                }
                self.input.clear();
            }
            None if self.input.contains(&0) => return Err(mixed_encodings()),
            None if self.alone => {
                let text = self.stray.decode(&self.input);
                self.output.extend_from_slice(text.as_bytes());
                self.input.clear();
            }
            None => {
                let taken = mixed(&self.input, self.stray, self.at_end, &mut self.output);
                self.input.drain(..taken);
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        super::bounded::read_buffered(self, out)
    }
}

impl<R: Read> BufRead for Utf8<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.given >= self.output.len() && !self.finished {
            if self.decoded && !self.at_end {
                let before = self.input.len();
                (&mut self.inner).take(CHUNK as u64).read_to_end(&mut self.input)?;
                self.at_end = self.input.len() - before < CHUNK;
            }
            self.finished = self.at_end;
            self.decode()?;
            self.decoded = true;
        }
        Ok(&self.output[self.given.min(self.output.len())..])
    }

    fn consume(&mut self, amount: usize) {
        self.given = (self.given + amount).min(self.output.len());
    }
}

/// Whether UTF-16 text holds what only other text read as such does: the two characters of a line break as one,
/// or the mark of the other byte order.
fn is_narrow_read_as_wide(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    text.contains(['\u{0a0d}', '\u{0d0a}', '\u{fffe}'])
}

/// Files that were joined: what is unreadable in one of them may be what speaks against a remedy.
fn mixed_encodings() -> io::Error {
    spoken(io::ErrorKind::InvalidData, words!("fault-encodings"))
}

/// The encoding (`None`: UTF-8 with stray bytes) and the length of its mark.
fn encoding(head: &[u8]) -> (Option<&'static Encoding>, usize) {
    if let Some((encoding, mark)) = Encoding::for_bom(head) {
        return ((encoding != UTF_8).then_some(encoding), mark);
    }
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let many = head.len() / 10;
    if odd > many && even * 10 <= odd {
        return (Some(UTF_16LE), 0);
    }
    if even > many && odd * 10 <= even {
        return (Some(UTF_16BE), 0);
    }
    let named = declared(head).filter(|named| *named != UTF_8 && *named != UTF_16LE && *named != UTF_16BE);
    (named.or_else(|| is_shift_jis(head).then_some(SHIFT_JIS)).or_else(|| double_bytes(head)), 0)
}

/// The encoding that an XML declaration names.
fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let head = head.get(..head.len().min(200))?;
    let declaration = head.strip_prefix(b"<?xml")?;
    let text = String::from_utf8_lossy(declaration);
    let (declaration, _) = text.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start_matches(['=', ' ', '"', '\'']);
    let name: String = value.chars().take_while(|c| !matches!(c, '"' | '\'')).collect();
    Encoding::for_label(name.as_bytes())
}

fn is_shift_jis(head: &[u8]) -> bool {
    if std::str::from_utf8(head).err().is_none_or(|error| error.error_len().is_none()) {
        return false;
    }
    let mut decoder = SHIFT_JIS.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(head.len() * 3 + 16);
    let (_, _, errors) = decoder.decode_to_string(head, &mut text, false);
    !errors && text.chars().filter(|c| ('\u{3041}'..='\u{30ff}').contains(c)).count() >= 3
}

/// The code page of double bytes that a text is in, if all of it can be read so and holds such characters.
fn double_bytes(head: &[u8]) -> Option<&'static Encoding> {
    let likely = Some(likely(head)).filter(|it| !it.is_single_byte() && is_rarely_utf8(head))?;
    let mut decoder = likely.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(head.len())?);
    let (_, _, errors) = decoder.decode_to_string(head, &mut text, false);
    let wide = text
        .chars()
        .filter(|c| ('\u{3041}'..='\u{9fff}').contains(c) || ('\u{ac00}'..='\u{d7a3}').contains(c));
    (!errors && wide.count() >= ENOUGH).then_some(likely)
}

/// So many characters of a script tell it.
const ENOUGH: usize = 6;

fn likely(head: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(head, false);
    detector.guess(None, Utf8Detection::Deny)
}

/// The code page of single bytes that a text is likely in where it is no UTF-8.
fn single_bytes(head: &[u8]) -> CodePage {
    let likely = likely(head);
    CodePage::of(head, if likely.is_single_byte() { likely } else { WINDOWS_1252 })
}

/// Whether bytes that are no UTF-8 are more than characters that are: what looks like one of these is none then.
fn is_rarely_utf8(head: &[u8]) -> bool {
    let (mut characters, mut strays) = (0, 0);
    for chunk in head.utf8_chunks() {
        characters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        strays += chunk.invalid().len();
    }
    strays > characters
}

/// Decodes UTF-8 with stray bytes of another encoding; gives how much of the input was used.
fn mixed(input: &[u8], stray: CodePage, last: bool, output: &mut Vec<u8>) -> usize {
    let mut at = 0;
    while at < input.len() {
        match std::str::from_utf8(&input[at..]) {
            Ok(text) => {
                output.extend_from_slice(text.as_bytes());
                return input.len();
            }
            Err(error) => {
                let valid = at + error.valid_up_to();
                output.extend_from_slice(&input[at..valid]);
                if error.error_len().is_none() && !last {
                    return valid;
                }
                let text = stray.decode(&input[valid..=valid]);
                output.extend_from_slice(text.as_bytes());
                at = valid + 1;
            }
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use encoding_rs::{GBK, IBM866, WINDOWS_1251};

    use super::*;

    fn decoded(bytes: &[u8]) -> String {
        let mut text = String::new();
        let mut reader = Utf8::new(bytes).expect("reads");
        reader.read_to_string(&mut text).expect("is UTF-8");
        text
    }

    #[test]
    fn every_usual_encoding_becomes_the_same_text() {
        let text =
            "Log Name: Application\r\nÉvénement für 6900: \u{201c}Error Code: 90\u{201d}\r\n".repeat(3000);
        let utf16 = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let (little, big) = (utf16(u16::to_le_bytes), utf16(u16::to_be_bytes));
        assert_eq!(decoded(text.as_bytes()), text);
        assert_eq!(decoded(&[b"\xef\xbb\xbf", text.as_bytes()].concat()), text);
        assert_eq!(decoded(&little), text);
        assert_eq!(decoded(&big), text);
        assert_eq!(decoded(&[b"\xff\xfe", &little[..]].concat()), text);
        assert_eq!(decoded(&[b"\xfe\xff", &big[..]].concat()), text);
        assert_eq!(decoded(&WINDOWS_1252.encode(&text).0), text);
        let japanese = "ログの名前: Application\r\nイベント ID: 6900\r\n".repeat(20);
        assert_eq!(decoded(&SHIFT_JIS.encode(&japanese).0), japanese);
        let russian = "Имя журнала: Application\r\nКод события: 6900\r\nУровень: Ошибка\r\n".repeat(20);
        assert_eq!(decoded(&WINDOWS_1251.encode(&russian).0), russian);
        assert_eq!(decoded(&IBM866.encode(&russian).0), russian);
        let chinese = "日志名称: Application\r\n事件 ID: 6900\r\n级别: 错误\r\n".repeat(20);
        assert_eq!(decoded(&GBK.encode(&chinese).0), chinese);
        assert_eq!(decoded(b""), "");
    }

    #[test]
    fn a_file_that_changes_its_encoding_on_the_way_is_refused() {
        let text = "Event ID: 6900\r\nError Code: 90 \u{30ed}\u{30b0}\r\n".repeat(20);
        let utf16 = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let (little, big) = (utf16(u16::to_le_bytes), utf16(u16::to_be_bytes));
        let narrow = text.as_bytes().to_vec();
        let marked = [b"\xff\xfe", &little[..]].concat();
        for joined in [
            [&narrow[..], &little].concat(),
            [&narrow[..], &marked].concat(),
            [&marked[..], &narrow].concat(),
            [&marked[..], b"\xfe\xff", &big].concat(),
        ] {
            let mut out = String::new();
            let read = Utf8::new(&joined[..]).and_then(|mut reader| reader.read_to_string(&mut out));
            assert_eq!(read.expect_err("refused").kind(), io::ErrorKind::InvalidData);
        }
        assert_eq!(decoded(&[&marked[..], &marked].concat()).replace('\u{feff}', ""), text.repeat(2));
    }
}
