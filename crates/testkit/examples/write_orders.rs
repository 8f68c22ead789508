//! Writes the four order files of labelled timelines into a folder, to look at or to import by hand: `cargo run -p testkit --example
//! write_orders -- FOLDER PROFILE SEED ROWS`.

use std::{error::Error, path::Path};

use testkit::timelines::{OrderFile, Profile, Source, Timelines};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [folder, profile, seed, rows] = words.as_slice() else {
        return Err("expected FOLDER PROFILE SEED ROWS".into());
    };
    let profile = Profile::ALL.iter().find(|known| known.name == profile).ok_or("no such profile")?;
    let (seed, rows) = (seed.parse()?, rows.parse()?);
    let mut files = Vec::new();
    for source in Source::ALL {
        let path = Path::new(folder).join(format!("{}.csv", source.code()));
        files.push((source, OrderFile::create(&path, seed)?));
    }
    for row in Timelines::new(*profile, seed).at_least(rows).flat_map(|scene| scene.rows) {
        let file = files.iter_mut().find(|(source, _)| *source == row.source).expect("there are all");
        file.1.write(&row)?;
    }
    for (_, file) in files {
        file.finish()?;
    }
    Ok(())
}
