//! Numbers found in running text lie in it, in order, and are what a reading of their place says.

#![no_main]

use libfuzzer_sys::fuzz_target;
use numbering::{find, regions};

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else { return };
    let region = regions().get(usize::from(first)).map(|(region, _)| *region);
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let mut end = 0;
    for found in find(text, region) {
        assert!(found.range.start >= end && found.range.end <= text.len() && !found.range.is_empty());
        end = found.range.end;
        assert!(text.is_char_boundary(found.range.start) && text.is_char_boundary(found.range.end));
        assert!(found.number.is_valid());
    }
});
