//! Stories that are told on SQLite and on PostgreSQL, each as a test of its own.

use std::future::Future;

/// Makes two tests of each story, which takes what `open` makes of a database: `None` for the embedded one, or the address of a fresh PostgreSQL database.
///
/// ```ignore
/// testkit::stories! { crate::house::House::open => a_thing_happens another_does_not }
/// ```
#[macro_export]
macro_rules! stories {
    ($open:path => $($name:ident)*) => { $(
        mod $name {
            #[test]
            fn on_sqlite() {
                $crate::stories::tell(None, async |database| super::$name($open(database).await).await);
            }

            #[test]
            fn on_postgres() {
                // Before there is a runtime: the harness waits in its own way.
                let database = $crate::postgres::database();
                let url = Some(database.url.clone());
                $crate::stories::tell(url, async |database| super::$name($open(database).await).await);
            }
        }
    )* };
}

/// Tells one, on a runtime of its own.
pub fn tell(database: Option<String>, story: impl AsyncFnOnce(Option<String>)) {
    run(story(database));
}

/// Tells a story with the address of a fresh SQLite database, then with that of a fresh PostgreSQL database.
pub fn on_both(story: impl AsyncFn(&str)) {
    let folder = tempfile::tempdir().expect("a folder for a test");
    let postgres = crate::postgres::database();
    for url in [format!("sqlite:{}", folder.path().join("test.sqlite").display()), postgres.url.clone()] {
        run(story(&url));
    }
}

/// Runs a future to its end on threads like those of the binary.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(future)
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a machine that runs tests has threads")
}
