//! The test kit's PostgreSQL: databases are fresh and go away, durability is as asked, and nothing is left behind.

use std::{io::Write, process::Command, thread};

use testkit::{
    postgres::{self, Cluster, ClusterOptions, Durability},
    process::{self, Finished},
};

fn psql(url: &str, statement: &str) -> Finished {
    let mut command = Command::new("psql");
    command.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement, url]);
    process::run(command)
}

#[test]
fn every_database_is_fresh_and_goes_away() {
    let (one, other) = thread::scope(|scope| {
        let other = scope.spawn(postgres::database);
        (postgres::database(), other.join().expect("it does not panic"))
    });
    assert_ne!(one.url, other.url);
    let _ = psql(&one.url, "CREATE TABLE shop (name text)").success();
    let tables = "SELECT count(*) FROM pg_tables WHERE tablename = 'shop'";
    assert_eq!(psql(&one.url, tables).success().stdout.trim(), "1");
    assert_eq!(psql(&other.url, tables).success().stdout.trim(), "0");

    let url = one.url.clone();
    drop(one);
    let refused = psql(&url, "SELECT 1").code(2);
    assert!(refused.stderr.contains("does not exist"), "{}", refused.stderr);
}

#[test]
fn a_database_with_a_connection_goes_away_too() {
    let database = postgres::database();
    let mut session = Command::new("psql")
        .args(["-XAtq", &database.url])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("psql is installed with the server");
    let mut stdin = session.stdin.take().expect("it is piped");
    writeln!(stdin, "SELECT 'here';").expect("psql reads");
    let mut stdout = std::io::BufReader::new(session.stdout.take().expect("it is piped"));
    let mut line = String::new();
    std::io::BufRead::read_line(&mut stdout, &mut line).expect("psql answers");
    assert_eq!(line.trim(), "here");

    let url = database.url.clone();
    drop(database);
    assert!(psql(&url, "SELECT 1").code(2).stderr.contains("does not exist"));
    drop(stdin);
    session.wait().expect("psql ends");
}

#[test]
fn durability_is_as_asked_and_the_cluster_takes_its_folder_with_it() {
    for (durability, fsync) in [(Durability::Fast, "off"), (Durability::Durable, "on")] {
        let settings = vec![("work_mem".to_owned(), "5MB".to_owned())];
        let cluster = Cluster::start_with(&ClusterOptions { settings, ..ClusterOptions::new(durability) });
        let cluster = cluster.expect("PostgreSQL is installed");
        assert_eq!(psql(cluster.url(), "SHOW fsync").success().stdout.trim(), fsync);
        assert_eq!(psql(cluster.url(), "SHOW synchronous_commit").success().stdout.trim(), fsync);
        assert_eq!(psql(cluster.url(), "SHOW work_mem").success().stdout.trim(), "5MB");
        let data = cluster.data_folder().expect("a running server says where its data is");
        let folder = data.parent().expect("the data lies in the cluster's folder").to_owned();
        assert!(folder.is_dir());

        let url = cluster.url().to_owned();
        drop(cluster);
        assert!(!folder.exists(), "{} is left", folder.display());
        let _ = psql(&url, "SELECT 1").code(2);
    }
}
