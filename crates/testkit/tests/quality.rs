//! How well linking must do on labelled timelines: the bounds of the shop's acceptance, on seeds that nobody tuned for.

use testkit::{
    quality::{Scores, measure, undo},
    timelines::Profile,
};

const ROWS: usize = 60_000;

/// Seeds differ by profile, so that no profile repeats another one's people.
fn scores() -> Vec<(&'static str, Scores)> {
    std::thread::scope(|scope| {
        let runs: Vec<_> = Profile::ALL
            .iter()
            .enumerate()
            .map(|(at, &profile)| {
                scope.spawn(move || (profile.name, measure(profile, 4_711 + at as u64, ROWS)))
            })
            .collect();
        runs.into_iter().map(|run| run.join().expect("a profile is measured without panic")).collect()
    })
}

#[test]
fn linking_holds_its_bounds_in_every_profile() {
    let mut all = Scores::default();
    for (name, found) in scores() {
        let (precision, recall) = (found.pairs.precision(), found.pairs.recall());
        // Recycled recall is judged over all profiles: a single one has too few recycled numbers.
        assert!(precision >= 0.985, "{name}: precision {precision:.4}");
        assert!(recall >= 0.98, "{name}: recall {recall:.4}");
        all.add(&found);
    }
    let (precision, recall) = (all.pairs.precision(), all.pairs.recall());
    assert!(precision >= 0.985, "precision {precision:.4}");
    assert!(recall >= 0.98, "recall {recall:.4}");
    assert!(all.recycled > 300, "too few recycled numbers to judge: {}", all.recycled);
    assert!(all.recycled_recall() >= 0.85, "recycled recall {:.4}", all.recycled_recall());
    assert!(all.false_alarms_per_10_000() <= 10.0, "false alarms {:.1}", all.false_alarms_per_10_000());
    assert!(
        all.baseline.precision() < 0.93,
        "a number is a person would do as well: {:.4}",
        all.baseline.precision()
    );
}

#[test]
fn wrong_acts_are_undone_without_a_trace() {
    let found = undo(42, 20_000);
    assert!(found.effective > 300, "too few wrong acts had an effect: {found:?}");
    assert_eq!(found.undone, found.injected);
}
