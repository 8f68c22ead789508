//! Whatever a peer sends: it is frames or a fault, in whatever pieces it comes, and what was read is written so that it is read again.

#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use messaging::smpp::{
    pdu::{Body, Pdu, PduError, Short},
    receipt,
};

/// All frames of these octets, with those whose fields end too early, up to where nothing can be read on.
fn frames(octets: &[u8], piece: usize) -> (Vec<Result<Pdu, PduError>>, usize) {
    let (mut waiting, mut found) = (BytesMut::new(), Vec::new());
    for piece in octets.chunks(piece) {
        waiting.extend_from_slice(piece);
        loop {
            match Pdu::read(&mut waiting) {
                Ok(Some(frame)) => found.push(Ok(frame)),
                Ok(None) => break,
                Err(fault @ PduError::Length(_)) => {
                    found.push(Err(fault));
                    return (found, 0);
                }
                Err(fault) => found.push(Err(fault)),
            }
        }
    }
    (found, waiting.len())
}

fn short_of(frame: &Pdu) -> Option<&Short> {
    match &frame.body {
        Body::Submit(short) | Body::Deliver(short) => Some(short),
        _ => None,
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&first, octets)) = data.split_first() else { return };
    let whole = frames(octets, octets.len().max(1));
    assert_eq!(whole, frames(octets, 1 + usize::from(first)));
    for frame in whole.0.iter().flatten() {
        let mut written = BytesMut::new();
        frame.write(&mut written);
        let again = Pdu::read(&mut written).expect("what we write, we read").expect("all of it is there");
        assert!(written.is_empty());
        assert_eq!((again.sequence, again.status), (frame.sequence, frame.status));
        if let Some(short) = short_of(frame) {
            assert!(short.body().len() + short.header().len() <= octets.len());
            drop(receipt::read(short));
            // Addresses that are longer than the specification's are cut when they are written, and texts that are too long move to a field of their own.
            let has_room = short.source.text.len().max(short.destination.text.len()) <= 20;
            if has_room && short.text.len() <= 254 {
                assert_eq!(short_of(&again), Some(short));
            }
        }
    }
});
