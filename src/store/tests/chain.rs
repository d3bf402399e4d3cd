//! The chain: whatever is done to it shows.

use proptest::prelude::*;
use serde_json::Value;

use super::super::verify::{Break, ExpectedHead, Unproven, verify};
use super::*;
use crate::ids::RequestId;
use crate::plan::Digest;

#[tokio::test]
async fn whoever_changes_the_database_by_hand_is_noticed() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        let head = audit(&store, 5).await;
        let noticed = async |sql: &'static str, undo: &'static str| {
            tamper(database, sql).await;
            let found = store.verify(None).await.expect("reads");
            let broken = found.broken.unwrap_or_else(|| panic!("{sql} was not noticed"));
            let from_file = verify(export(&store).await.as_bytes(), None).broken;
            tamper(database, undo).await;
            assert!(store.verify(None).await.expect("reads").is_ok(), "{undo}");
            (broken, from_file)
        };
        let (broken, file) =
            noticed("UPDATE audit SET kind = 'other' WHERE seq = 3", "UPDATE audit SET kind = 'tested' WHERE seq = 3")
                .await;
        assert_eq!(broken, Break::Hash { line: 3, seq: 3 });
        assert_eq!(file, Some(broken));
        noticed("UPDATE audit SET at = at + 1 WHERE seq = 2", "UPDATE audit SET at = at - 1 WHERE seq = 2").await;
        noticed("UPDATE audit SET body = body || ' ' WHERE seq = 2", "UPDATE audit SET body = TRIM(body) WHERE seq = 2")
            .await;
        let (broken, file) =
            noticed("UPDATE audit SET seq = 103 WHERE seq = 3", "UPDATE audit SET seq = 3 WHERE seq = 103").await;
        assert_eq!(broken, Break::Sequence { line: 3, expected: 3, found: 4 });
        assert_eq!(file, Some(broken));
        noticed(
            "INSERT INTO audit SELECT 0, at, kind, request, actor, body, hash FROM audit WHERE seq = 1",
            "DELETE FROM audit WHERE seq = 0",
        )
        .await;
        noticed(
            "INSERT INTO audit SELECT 7, at, kind, request, actor, body, hash FROM audit WHERE seq = 6",
            "DELETE FROM audit WHERE seq = 7",
        )
        .await;
        // Cut at the end: the head row beside the chain still tells.
        let (broken, file) = noticed(
            "UPDATE audit SET seq = -seq WHERE seq = 6; CREATE TABLE aside AS SELECT * FROM audit WHERE seq = -6;
             DELETE FROM audit WHERE seq = -6",
            "INSERT INTO audit SELECT 6, at, kind, request, actor, body, hash FROM aside; DROP TABLE aside",
        )
        .await;
        assert_eq!(broken, Break::StoredHead { stored: head, last: 5 });
        // The file alone can't know, and says so.
        assert_eq!(file, None);
    })
    .await;
}

#[tokio::test]
async fn an_export_cut_at_its_end_or_written_anew_shows_against_a_head_that_was_kept() {
    on_each_database(async |database| {
        let (store, hand) = open(database).await;
        let early = audit(&store, 2).await;
        let head = audit(&store, 3).await;
        let text = export(&store).await;
        let cut: String = text.split_inclusive('\n').take(4).collect();

        let expect: ExpectedHead = head.to_string().parse().expect("a head");
        let found = verify(text.as_bytes(), Some(expect.clone()));
        assert!(found.is_ok(), "{found:?}");
        assert_eq!(found.head, Some(head));
        assert_eq!(found.unproven, [Unproven::After(head.seq), Unproven::ShortHash(8)]);
        assert!(verify(text.as_bytes(), Some(early.into())).is_ok());
        assert_eq!(verify(text.as_bytes(), Some(head.into())).unproven, [Unproven::After(head.seq)]);

        let found = verify(cut.as_bytes(), Some(expect));
        assert!(matches!(found.broken, Some(Break::Ends { last: 4, .. })), "{found:?}");
        assert!(verify(cut.as_bytes(), None).is_ok());

        // Another chain of the same length.
        let folder = tempfile::tempdir().expect("a folder");
        hand.advance(Duration::from_secs(1));
        let url = DatabaseUrl::sqlite(folder.path().join("anew.db"));
        let anew = Store::open_at(&url, store.clock().clone(), "contoso").await.expect("opens");
        audit(&anew, 5).await;
        let found = verify(export(&anew).await.as_bytes(), Some(early.into()));
        assert!(matches!(found.broken, Some(Break::Rewritten { .. })), "{found:?}");
    })
    .await;
}

#[test]
fn an_expected_head_is_read_as_people_write_it_down() {
    for text in ["#1042 9be1-44d0", "1042 9BE144D0", " #1042  9be144d0 "] {
        let head: ExpectedHead = text.parse().expect("a head");
        assert_eq!(head.to_string(), "#1042 9be144d0");
    }
    for bad in ["", "#1042", "9be1-44d0", "#0 9be1-44d0", "#1042 9be1", "#1042 9be1-44dx", "#1 9be1-44d0 x"] {
        assert!(bad.parse::<ExpectedHead>().is_err(), "{bad:?}");
    }
}

/// The golden line: if it changes, exports of older builds no longer verify.
#[tokio::test]
async fn the_bytes_that_are_hashed_are_golden() {
    on_each_database(async |database| {
        let (store, _) = open(database).await;
        let mut write = store.write().await.expect("starts");
        let request: RequestId = "000102030405060708090a0b0c0d0e0f".parse().expect("an id");
        write.audit(Entry { request: Some(&request), ..entry(7) }).await.expect("is written");
        write.commit().await.expect("is kept");
        let text = export(&store).await;
        let line = text.lines().nth(1).expect("a second line");
        let row: Value = serde_json::from_str(line).expect("is JSON");
        let content = r#"{"actor":"1180000000000000001","at":"2026-11-22T02:00:00.000Z","body":{"n":7,"text":"café \"quoted\"\n"},"kind":"tested","request":"000102030405060708090a0b0c0d0e0f","seq":2}"#;
        let first: Value = serde_json::from_str(text.lines().next().expect("a line")).expect("is JSON");
        let previous = crate::random::unhex(first["hash"].as_str().expect("a hash")).expect("is hex");
        let hash = Digest::of(&[previous.as_slice(), content.as_bytes()].concat());
        assert_eq!(row["hash"], json!(hash.to_string()));
        assert_eq!(line, content.replace(r#""kind""#, &format!(r#""hash":"{hash}","kind""#)));
        assert_eq!(store.audit_of(&request).await.expect("reads").len(), 1);
        assert_eq!(store.audit_recent(1).await.expect("reads")[0].seq, 2);
    })
    .await;
}

/// An export to play with, made once.
fn sample() -> &'static str {
    static SAMPLE: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    SAMPLE.get_or_init(|| {
        std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let folder = tempfile::tempdir().expect("a folder");
                let url = DatabaseUrl::sqlite(folder.path().join("sample.db"));
                let store = Store::open_at(&url, Clock::manual(start()).0, "contoso").await.expect("opens");
                audit(&store, 6).await;
                export(&store).await
            })
        })
        .join()
        .expect("is made")
    })
}

/// The last row of the sample as a head that was kept.
fn sample_head() -> ExpectedHead {
    verify(sample().as_bytes(), None).head.expect("has rows").into()
}

#[test]
fn the_case_of_one_letter_in_a_hash_is_a_change() {
    let at = sample().find(r#""hash":""#).expect("a hash") + r#""hash":""#.len();
    for (offset, letter) in
        sample()[at..at + 64].char_indices().filter(|(_, letter)| letter.is_ascii_lowercase())
    {
        let mut text = sample().to_owned();
        text.replace_range(at + offset..at + offset + 1, &letter.to_ascii_uppercase().to_string());
        let broken = verify(text.as_bytes(), Some(sample_head())).broken;
        assert!(matches!(broken, Some(Break::NotCanonical { line: 1, .. })), "{broken:?}");
    }
}

proptest! {
    #[test]
    fn no_single_byte_of_an_export_changes_unnoticed(at in any::<prop::sample::Index>(), byte in any::<u8>(), how in 0..3) {
        let mut bytes = sample().as_bytes().to_vec();
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] = byte,
            1 => { bytes.remove(at); }
            _ => bytes.insert(at, byte),
        }
        prop_assume!(bytes != sample().as_bytes());
        prop_assert!(!verify(bytes.as_slice(), Some(sample_head())).is_ok());
    }

    #[test]
    fn no_line_of_an_export_goes_comes_or_moves_unnoticed(
        from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), how in 0..3,
    ) {
        let mut lines: Vec<&str> = sample().split_inclusive('\n').collect();
        let (from, to) = (from.index(lines.len()), to.index(lines.len()));
        match how {
            0 => { lines.remove(from); }
            1 => lines.insert(to, lines[from]),
            _ => lines.swap(from, to),
        }
        let text = lines.concat();
        prop_assume!(text != sample());
        prop_assert!(!verify(text.as_bytes(), Some(sample_head())).is_ok());
    }

    #[test]
    fn the_check_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(!verify(bytes.as_slice(), None).is_ok());
    }
}
