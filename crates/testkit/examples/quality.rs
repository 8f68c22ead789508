//! Prints how well linking does: `cargo run -p testkit --release --example quality -- [SEED [ROWS]]`.

#![allow(clippy::print_stdout)]

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| arguments.next().and_then(|a| a.parse().ok()).unwrap_or(default);
    let (seed, rows) = (number(1), number(100_000));
    println!("{}", testkit::quality::report(seed, usize::try_from(rows).unwrap_or(100_000)));
}
