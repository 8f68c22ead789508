//! Lines and requests against servers on loopback: what is asked, what an answer means, and where nobody is asked.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::mpsc::Receiver,
    time::Duration,
};

use outward::{Client, Failed, Reach, Request, Trust};
use testkit::tls::Encrypted;

/// A server that says the same to everybody and keeps what it was asked; it ends with the test.
fn server(answer: impl Into<String>) -> (String, Receiver<String>) {
    let answer = answer.into();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (told, asked) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut text, mut octets) = (Vec::new(), [0; 1_024]);
            while !text.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut octets).unwrap() {
                    0 => break,
                    count => text.extend_from_slice(&octets[..count]),
                }
            }
            let _ = told.send(String::from_utf8(text).unwrap());
            stream.write_all(answer.as_bytes()).unwrap();
            if answer.is_empty() {
                // It holds the line and says nothing until whoever asked goes away.
                let _ = stream.read_to_end(&mut Vec::new());
            }
        }
    });
    (address, asked)
}

const NOTHING: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn what_is_asked_arrives_and_the_answer_is_read() {
    let (address, asked) = server("HTTP/1.1 201 Created\r\nContent-Length: 10\r\n\r\n{\"is\": 42}");
    let request = Request::get(format!("http://{address}/a/b?c=d")).header("x-told", "one");
    let reply = Client::default().send(request).await.unwrap();
    assert_eq!((reply.status, reply.json()["is"].as_i64()), (201, Some(42)));
    let asked = asked.recv().unwrap();
    assert!(asked.starts_with("GET /a/b?c=d HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains(&format!("host: {address}\r\n")) && asked.contains("x-told: one\r\n"), "{asked}");
}

#[tokio::test]
async fn nobody_is_led_into_the_house() {
    let (address, asked) = server(NOTHING);
    let port = address.rsplit_once(':').unwrap().1.to_owned();
    let public = Client::new(Reach::public());
    // By its address, in other spellings of it, and by a name that leads there.
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254", "[::1]"] {
        let answer = public.send(Request::get(format!("http://{host}:{port}/"))).await;
        assert!(matches!(answer, Err(Failed::Forbidden(_))), "{host} {answer:?}");
    }
    assert!(asked.try_recv().is_err());
    let ours = Client::new(Reach::Public { except: vec!["127.0.0.0/8".parse().unwrap()] });
    assert_eq!(ours.send(Request::get(format!("http://{address}/"))).await.unwrap().status, 200);
}

#[tokio::test]
async fn no_redirection_is_followed() {
    let (elsewhere, reached) = server(NOTHING);
    let answer = format!("HTTP/1.1 302 Found\r\nLocation: http://{elsewhere}/\r\nContent-Length: 0\r\n\r\n");
    let (address, _asked) = server(answer);
    let reply = Client::default().send(Request::post(format!("http://{address}/"), b"x".to_vec())).await;
    assert_eq!(reply.unwrap().status, 302);
    assert!(reached.try_recv().is_err());
}

#[tokio::test]
async fn whoever_asks_learns_whether_it_may_have_been_read() {
    // A port that was free a moment ago: nobody listens.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let unheard = Client::default().send(Request::post(format!("http://{free}/"), Vec::new())).await;
    assert!(matches!(unheard, Err(Failed::NotSent(_))), "{unheard:?}");
    for wrong in ["ftp://127.0.0.1/", "nothing", "http://", "http://127.0.0.1:99999/"] {
        let answer = Client::default().send(Request::get(wrong)).await;
        assert!(matches!(answer, Err(Failed::NotSent(_))), "{wrong} {answer:?}");
    }
    let (silent, _asked) = server("");
    let client = Client::default().within(Duration::from_millis(200));
    let late = client.send(Request::post(format!("http://{silent}/"), Vec::new())).await;
    assert!(matches!(late, Err(Failed::Lost(_))), "{late:?}");
    let (talkative, _asked) = server("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n12345678901");
    let client = Client::default().reading(10);
    let long = client.send(Request::get(format!("http://{talkative}/"))).await;
    assert!(matches!(long, Err(Failed::Lost(_))), "{long:?}");
}

#[tokio::test]
async fn where_the_status_says_all_the_rest_is_left() {
    let (talkative, _asked) = server("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n12345678901");
    let (broken, _asked) = server("HTTP/1.1 410 Gone\r\nContent-Length: 11\r\n\r\n123");
    let client = Client::default().beginning(10);
    for (address, status, body) in [(&talkative, 200, "1234567890"), (&broken, 410, "123")] {
        let reply = client.send(Request::get(format!("http://{address}/"))).await.unwrap();
        assert_eq!((reply.status, reply.body.as_slice()), (status, body.as_bytes()));
    }
    let whole = Client::default().send(Request::get(format!("http://{broken}/"))).await;
    assert!(matches!(whole, Err(Failed::Lost(_))), "{whole:?}");
}

#[tokio::test]
async fn servers_prove_their_names() {
    let (plain, _asked) = server("HTTP/1.1 204 No Content\r\n\r\n");
    let tls = Encrypted::before(plain.rsplit_once(':').unwrap().1.parse().unwrap()).await.unwrap();
    let port = tls.port;
    let trusting = || Client::default().trusting(Trust::of(Some(tls.certificate().to_owned())));
    let right = trusting().send(Request::get(format!("https://localhost:{port}/"))).await;
    assert_eq!(right.unwrap().status, 204);
    // The same server by a name that is not in its certificate, and for whoever does not know the certificate.
    for (client, host) in [(trusting(), "127.0.0.1"), (Client::default(), "localhost")] {
        let answer = client.send(Request::get(format!("https://{host}:{port}/"))).await;
        assert!(matches!(answer, Err(Failed::NotSent(_))), "{host} {answer:?}");
    }
}
