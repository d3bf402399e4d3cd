//! An organisation's own causes and builds: whatever the files say, they name no remedy, keep every cause explained and
//! never lower the minimum.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use syncmedic::diagnosis::Knowledge;

static EMBEDDED: LazyLock<Knowledge> = LazyLock::new(Knowledge::embedded);

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (causes, builds) = text.split_once("\n%%\n").unwrap_or((&text, ""));
    for (causes, builds) in [(Some(causes), Some(builds)), (Some(builds), None), (None, Some(causes))] {
        let Ok(knowledge) = Knowledge::with_overrides(causes, builds) else { continue };
        assert!(knowledge.minimum().build >= EMBEDDED.minimum().build);
        for build in EMBEDDED.builds().filter(|facts| facts.recalled) {
            assert!(knowledge.build(build.build).is_some_and(|facts| facts.recalled));
        }
    }
});
