//! What the machine gives: folder, room and speed of the disk, clock.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
    time::Instant,
};

use base::Timestamp;

use super::{Report, State};
use crate::output::bytes;

const ROOM_WARN: u64 = 2 << 30;
const ROOM_FAIL: u64 = 200 << 20;
/// Small durable writes measured.
const SYNCS: u32 = 20;
/// Slower than a worn hard disk.
const SYNC_MILLIS_WARN: f64 = 25.0;

/// Whether the folder is there and can be written.
pub(super) fn folder(data: &Path, report: &mut Report) -> bool {
    if !data.exists() {
        let mend = "`trunkline serve`, `trunkline import` or `trunkline demo` makes it";
        report.bad(State::Warn, "data folder", format!("{} is not there yet", data.display()), mend);
        return false;
    }
    let probe = data.join(".doctor");
    let written = File::create(&probe).and_then(|mut file| file.write_all(b"probe"));
    drop(fs::remove_file(&probe));
    if let Err(error) = written {
        let mend = "give the user that runs Trunkline the right to write there";
        report.bad(
            State::Fail,
            "data folder",
            format!("{} cannot be written: {error}", data.display()),
            mend,
        );
        return false;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(data).map(|metadata| metadata.permissions().mode() & 0o777).unwrap_or(0);
        if mode & 0o007 != 0 {
            let found = format!("{} may be entered by others (mode {mode:o})", data.display());
            report.bad(State::Warn, "data folder", found, format!("chmod 700 {}", data.display()));
            return true;
        }
    }
    report.ok("data folder", data.display().to_string());
    true
}

pub(super) fn disk(data: &Path, report: &mut Report) {
    match rustix::fs::statvfs(data) {
        Ok(found) => {
            let room = found.f_bavail.saturating_mul(found.f_frsize);
            let text = format!("{} free", bytes(room));
            match room {
                0..ROOM_FAIL => {
                    report.bad(State::Fail, "disk", text, "make room: a full disk stops every write")
                }
                ROOM_FAIL..ROOM_WARN => {
                    report.bad(State::Warn, "disk", text, "make room before the next large import")
                }
                _ => report.ok("disk", text),
            }
        }
        Err(error) => report.bad(State::Warn, "disk", error.to_string(), "its free space cannot be told"),
    }
    match sync_millis(data) {
        Ok(millis) if millis <= SYNC_MILLIS_WARN => {
            report.ok("disk speed", format!("{millis:.1} ms for a durable write"))
        }
        Ok(millis) => {
            let mend = "put the data folder on a faster disk; every commit waits for it";
            report.bad(State::Warn, "disk speed", format!("{millis:.0} ms for a durable write"), mend);
        }
        Err(error) => report.bad(State::Warn, "disk speed", error.to_string(), "it cannot be measured"),
    }
}

/// How long a small write takes to be durable.
fn sync_millis(data: &Path) -> io::Result<f64> {
    let path = data.join(".doctor");
    let mut file = File::create(&path)?;
    let started = Instant::now();
    let written = (0..SYNCS).try_for_each(|_| {
        file.write_all(&[7; 4096])?;
        file.sync_data()
    });
    let millis = started.elapsed().as_secs_f64() * 1000.0 / f64::from(SYNCS);
    drop(fs::remove_file(&path));
    written.map(|()| millis)
}

/// A clock that stands before what was already done would write history backwards.
pub(super) fn clock(now: Timestamp, newest: Timestamp, report: &mut Report) {
    const FIVE_MINUTES: i64 = 300 * Timestamp::SECOND;
    let text = format!("{now}").chars().take(19).collect::<String>() + "Z";
    let sane = (1_735_689_600..4_102_444_800).contains(&(now.as_micros() / Timestamp::SECOND)); // 2025 to 2099
    if !sane {
        report.bad(State::Fail, "clock", text, "set the machine's clock, best by NTP");
    } else if newest.as_micros() > now.as_micros() + FIVE_MINUTES {
        let found = format!("{text}, but the audit trail goes on until {newest}");
        report.bad(State::Fail, "clock", found, "the clock went back, or was ahead; set it, best by NTP");
    } else {
        report.ok("clock", text);
    }
}
