//! Providers over HTTP against servers that speak their wire: what is sent, what each answer means, and what signed webhooks tell.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver as Requests, channel},
};

use base::{Id, Secret, ShopId, Timestamp};
use messaging::{
    Channel, Composed, Outcome, Provider, Purpose, State, Submission, Template, Text,
    rest::{
        Incoming, Plain, PlainSettings, Receiver, Twilio, TwilioSettings, Whatsapp, WhatsappSettings,
        signatures,
    },
};
use numbering::PhoneNumber;
use serde_json::{Value, json};

/// A request as it came over the wire.
#[derive(Debug)]
struct Request {
    line: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Request {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    fn field(&self, name: &str) -> String {
        let mut fields = form_urlencoded::parse(self.body.as_bytes());
        fields.find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    }
}

/// A server that gives these answers, one a connection; an empty one hangs up after the request was read.
fn server(answers: Vec<String>) -> (String, Requests<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (tell, requests) = channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            tell.send(read(&stream)).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (address, requests)
}

fn read(stream: &TcpStream) -> Request {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let headers: Vec<(String, String)> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Request { line: lines[0].clone(), headers, body: String::from_utf8(body).unwrap() }
}

fn answer(status: u16, body: &Value) -> String {
    let body = body.to_string();
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn submission(channel: Channel, text: &str) -> Submission {
    Submission {
        message: Id::from_uuid(uuid::Uuid::from_u128(1)),
        shop: ShopId::from_uuid(uuid::Uuid::from_u128(7)),
        to: PhoneNumber::from_e164("+358401234567").unwrap(),
        from: "+358942415999".to_owned(),
        channel,
        purpose: Purpose::known("order.update"),
        content: Composed::of(Text::parse(text).unwrap()),
        at: "2024-03-01T12:00:00Z".parse().unwrap(),
    }
}

fn send(provider: &dyn Provider, submission: Submission) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(provider.send(submission))
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn twilio(base_url: &str) -> Twilio {
    let settings = TwilioSettings {
        base_url: base_url.to_owned(),
        account_sid: "AC1".to_owned(),
        auth_token: secret("token"),
        ..TwilioSettings::default()
    };
    Twilio::new(settings, Some("https://shop.example/"))
}

fn whatsapp(base_url: &str) -> Whatsapp {
    Whatsapp::new(WhatsappSettings {
        base_url: base_url.to_owned(),
        phone_number_id: "123".to_owned(),
        access_token: secret("access"),
        app_secret: secret("app"),
        verify_token: secret("agreed"),
        ..WhatsappSettings::default()
    })
}

fn plain(base_url: &str) -> Plain {
    Plain::new(PlainSettings {
        url: format!("{base_url}/send"),
        secret: secret("shared"),
        ..PlainSettings::default()
    })
}

#[test]
fn twilio_is_sent_a_form_and_names_the_message() {
    let (url, requests) =
        server(vec![answer(201, &json!({ "sid": "SM1" })), answer(201, &json!({ "sid": "CA1" }))]);
    let outcome = send(&twilio(&url), submission(Channel::Sms, "Hello & welcome"));
    assert_eq!(outcome, Outcome::Accepted { reference: "SM1".to_owned() });
    let request = requests.recv().unwrap();
    assert_eq!(request.line, "POST /2010-04-01/Accounts/AC1/Messages.json HTTP/1.1");
    // AC1:token in Base64.
    assert_eq!(request.header("authorization"), "Basic QUMxOnRva2Vu");
    let sent = ["To", "From", "Body", "StatusCallback"].map(|name| request.field(name));
    assert_eq!(
        sent,
        ["+358401234567", "+358942415999", "Hello & welcome", "https://shop.example/webhooks/twilio"]
    );
    let mut call = submission(Channel::Voice, "Your code is <1 2 3>");
    call.content.language = Some("en-GB".to_owned());
    assert_eq!(send(&twilio(&url), call), Outcome::Accepted { reference: "CA1".to_owned() });
    let request = requests.recv().unwrap();
    assert!(request.line.ends_with("/Calls.json HTTP/1.1"));
    let say = "<Say language=\"en-GB\">Your code is &lt;1 2 3&gt;</Say>";
    let expected = format!(
        "<Response><Gather input=\"dtmf\" timeout=\"3\" action=\"https://shop.example/webhooks/twilio\">{say}<Pause length=\"1\"/>{say}</Gather></Response>"
    );
    assert_eq!(request.field("Twiml"), expected);
}

#[test]
fn each_answer_says_what_is_certain() {
    let rejected = |reason: &str, permanent| Outcome::Rejected { reason: reason.to_owned(), permanent };
    let unknown = |reason: &str| Outcome::Unknown { reason: reason.to_owned() };
    for (answer, expected) in [
        (answer(400, &json!({ "code": 21211 })), rejected("It answered 400 with code 21211.", true)),
        (answer(400, &json!({ "code": 21606 })), rejected("It answered 400 with code 21606.", false)),
        (answer(401, &json!({})), rejected("It answered 401 with code 0.", false)),
        (answer(429, &json!({})), Outcome::Throttled { retry_after_micros: 2_000_000 }),
        (answer(503, &json!({})), Outcome::Unavailable { reason: "It answered 503.".to_owned() }),
        (answer(500, &json!({})), unknown("It answered 500.")),
        (answer(201, &json!({})), unknown("It was taken, but the answer names no message.")),
    ] {
        let (url, _requests) = server(vec![answer]);
        assert_eq!(send(&twilio(&url), submission(Channel::Sms, "x")), expected);
    }
    // The request was read, and then the line broke: it may have been taken.
    let (url, _requests) = server(vec![String::new()]);
    assert!(matches!(send(&twilio(&url), submission(Channel::Sms, "x")), Outcome::Unknown { .. }));
    // Nobody listens: it was certainly not.
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    assert!(matches!(send(&twilio(&url), submission(Channel::Sms, "x")), Outcome::Unavailable { .. }));
}

#[test]
fn whatsapp_is_sent_texts_and_templates() {
    let taken = || answer(200, &json!({ "messages": [{ "id": "wamid.1" }] }));
    let refused = answer(400, &json!({ "error": { "code": 131026 } }));
    let (url, requests) = server(vec![taken(), taken(), refused]);
    let provider = whatsapp(&url);
    let outcome = send(&provider, submission(Channel::Whatsapp, "Hello"));
    assert_eq!(outcome, Outcome::Accepted { reference: "wamid.1".to_owned() });
    let request = requests.recv().unwrap();
    assert_eq!(request.line, "POST /v23.0/123/messages HTTP/1.1");
    assert_eq!(request.header("authorization"), "Bearer access");
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(
        (&body["to"], &body["type"], &body["text"]["body"]),
        (&json!("358401234567"), &json!("text"), &json!("Hello"))
    );
    let mut code = submission(Channel::Whatsapp, "123456 is your code");
    code.purpose = Purpose::known("verification.sign_in");
    code.content.template =
        Some(Template { name: "code".to_owned(), language: "fi".to_owned(), values: vec![secret("123456")] });
    send(&provider, code);
    let body: Value = serde_json::from_str(&requests.recv().unwrap().body).unwrap();
    let parameters = json!([{ "type": "text", "text": "123456" }]);
    assert_eq!(
        body["template"],
        json!({ "name": "code", "language": { "code": "fi" }, "components": [
            { "type": "body", "parameters": parameters },
            { "type": "button", "sub_type": "url", "index": "0", "parameters": parameters },
        ]})
    );
    let refused = send(&provider, submission(Channel::Whatsapp, "x"));
    assert!(matches!(refused, Outcome::Rejected { permanent: true, .. }));
}

#[test]
fn any_other_provider_is_sent_signed_json() {
    let (url, requests) = server(vec![
        answer(200, &json!({ "reference": "r-1" })),
        answer(204, &json!({})),
        answer(422, &json!({})),
    ]);
    let provider = plain(&url);
    assert_eq!(
        send(&provider, submission(Channel::Sms, "Hello")),
        Outcome::Accepted { reference: "r-1".to_owned() }
    );
    let request = requests.recv().unwrap();
    let (id, timestamp) = (request.header("webhook-id"), request.header("webhook-timestamp"));
    // 2024-03-01T12:00:00Z
    assert_eq!((id, timestamp), ("00000000-0000-0000-0000-000000000001", "1709294400"));
    assert!(signatures::is_standard(
        "shared",
        id,
        timestamp,
        request.body.as_bytes(),
        request.header("webhook-signature")
    ));
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(
        (&body["to"], &body["text"], &body["channel"]),
        (&json!("+358401234567"), &json!("Hello"), &json!("sms"))
    );
    // Without a name of its own it is called by ours.
    let own = Outcome::Accepted { reference: "00000000-0000-0000-0000-000000000001".to_owned() };
    assert_eq!(send(&provider, submission(Channel::Sms, "x")), own);
    assert!(matches!(
        send(&provider, submission(Channel::Sms, "x")),
        Outcome::Rejected { permanent: true, .. }
    ));
}

/// Hands a webhook to a receiver.
fn hear(
    receiver: &dyn Receiver,
    headers: &[(&str, &str)],
    query: &[(&str, &str)],
    body: Option<&[u8]>,
) -> Result<messaging::rest::Told, base::Fault> {
    let query: Vec<(String, String)> =
        query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let incoming = Incoming {
        url: "https://shop.example/webhooks/x",
        is_question: body.is_none(),
        query: &query,
        header: &|name| {
            headers.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        },
        body: body.unwrap_or_default(),
    };
    receiver.receive(&incoming, now())
}

fn now() -> Timestamp {
    "2024-03-01T12:00:00Z".parse().unwrap()
}

/// HMAC by the system's own program, so that nothing is proved by the code under test.
fn hmac(algorithm: &str, key: &str, text: &[u8]) -> Vec<u8> {
    let mut child = std::process::Command::new("openssl")
        .args(["dgst", algorithm, "-hmac", key, "-binary"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text).unwrap();
    child.wait_with_output().unwrap().stdout
}

#[test]
fn twilio_tells_receipts_answers_and_keys_and_nobody_else_does() {
    let provider = twilio("http://unused");
    let form = |fields: &[(&str, &str)]| {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
    };
    let signed = |fields: &[(&str, &str)]| {
        let mut sorted = fields.to_vec();
        sorted.sort_unstable();
        let text = sorted
            .iter()
            .fold("https://shop.example/webhooks/x".to_owned(), |text, (name, value)| text + name + value);
        data_encoding::BASE64.encode(&hmac("-sha1", "token", text.as_bytes()))
    };
    let told = |fields: &[(&str, &str)]| {
        hear(&provider, &[("x-twilio-signature", &signed(fields))], &[], Some(form(fields).as_bytes()))
            .unwrap()
    };
    let receipt = told(&[("MessageSid", "SM1"), ("MessageStatus", "undelivered"), ("ErrorCode", "30003")]);
    assert_eq!(receipt.receipts[0].state, State::Undelivered);
    assert_eq!(receipt.receipts[0].reason.as_deref(), Some("undelivered 30003"));
    assert_eq!(told(&[("CallSid", "CA1"), ("CallStatus", "completed")]).receipts[0].state, State::Delivered);
    let answer = told(&[
        ("MessageSid", "SM2"),
        ("From", "+358401234567"),
        ("Body", "STOP"),
        ("SmsStatus", "received"),
    ]);
    assert_eq!((answer.inbound[0].text.reveal(), answer.inbound[0].channel), ("STOP", Channel::Sms));
    let keys = told(&[
        ("CallSid", "CA1"),
        ("Direction", "outbound-api"),
        ("From", "+358942415999"),
        ("To", "+358401234567"),
        ("Digits", "1"),
        ("CallStatus", "in-progress"),
    ]);
    assert_eq!(keys.inbound[0].from.e164().as_str(), "+358401234567");
    assert_eq!((keys.inbound[0].text.reveal(), keys.inbound[0].channel), ("1", Channel::Voice));
    let fields = [("MessageSid", "SM1"), ("MessageStatus", "delivered")];
    let body = form(&fields);
    for headers in [vec![], vec![("x-twilio-signature", "AAAA")]] {
        assert_eq!(hear(&provider, &headers, &[], Some(body.as_bytes())).unwrap_err().code, "webhook_forged");
    }
    let nothing = [("Moon", "1")];
    let nonsense =
        hear(&provider, &[("x-twilio-signature", &signed(&nothing))], &[], Some(form(&nothing).as_bytes()));
    assert_eq!(nonsense.unwrap_err().code, "webhook_malformed");
}

#[test]
fn an_account_without_a_token_believes_nobody() {
    use hmac::{KeyInit as _, Mac as _};

    let provider = Twilio::new(TwilioSettings::default(), Some("https://shop.example/"));
    let text = "https://shop.example/webhooks/xMessageSidSM1MessageStatusdelivered";
    // HMAC with an empty key, as anybody can make it.
    let mut mac = hmac::Hmac::<sha1::Sha1>::new_from_slice(b"").unwrap();
    mac.update(text.as_bytes());
    let signature = data_encoding::BASE64.encode(&mac.finalize().into_bytes());
    let headers = [("x-twilio-signature", signature.as_str())];
    let body = b"MessageSid=SM1&MessageStatus=delivered";
    assert_eq!(hear(&provider, &headers, &[], Some(body)).unwrap_err().code, "webhook_forged");
}

#[test]
fn what_people_write_is_kept_as_far_as_it_can_be() {
    let provider = plain("http://unused");
    let long = "x".repeat(2_000);
    let body = json!({ "inbound": [
        { "from": "+358401234567", "text": format!("one\r\ntwo\u{0}\t{long}"), "reference": "i-1" },
        { "from": "+358401234567", "text": "\u{0}", "reference": "i-2" },
        { "from": "+358401234568", "text": "STOP", "reference": "i-3" },
    ] })
    .to_string();
    let mac = hmac("-sha256", "shared", format!("m1.1709294400.{body}").as_bytes());
    let signature = format!("v1,{}", data_encoding::BASE64.encode(&mac));
    let headers =
        [("webhook-id", "m1"), ("webhook-timestamp", "1709294400"), ("webhook-signature", &*signature)];
    let told = hear(&provider, &headers, &[], Some(body.as_bytes())).unwrap();
    let texts: Vec<&str> = told.inbound.iter().map(|one| one.text.reveal()).collect();
    // "one", an end of a line, "two" and a blank are eight characters of 1,530.
    assert_eq!(texts, [format!("one\ntwo {}", "x".repeat(1_522)).as_str(), "STOP"]);
}

#[test]
fn whatsapp_asks_and_tells() {
    let provider = whatsapp("http://unused");
    let question = [("hub.mode", "subscribe"), ("hub.verify_token", "agreed"), ("hub.challenge", "42")];
    let told = hear(&provider, &[], &question, None).unwrap();
    assert_eq!(told.answer, Some(("text/plain", "42".to_owned())));
    let wrong = [("hub.verify_token", "guessed"), ("hub.challenge", "42")];
    assert_eq!(hear(&provider, &[], &wrong, None).unwrap_err().code, "webhook_forged");
    let body = json!({ "entry": [{ "changes": [{ "value": {
        "statuses": [{ "id": "wamid.1", "status": "read" }, { "id": "wamid.2", "status": "failed", "errors": [{ "code": 131047 }] }],
        "messages": [{ "id": "wamid.3", "from": "358401234567", "type": "text", "text": { "body": "Hei" } }, { "id": "wamid.4", "type": "image" }],
    } }] }] })
    .to_string();
    let signature =
        format!("sha256={}", data_encoding::HEXLOWER.encode(&hmac("-sha256", "app", body.as_bytes())));
    let told = hear(&provider, &[("x-hub-signature-256", &signature)], &[], Some(body.as_bytes())).unwrap();
    let states: Vec<_> =
        told.receipts.iter().map(|one| (one.reference.as_str(), one.state, one.reason.as_deref())).collect();
    assert_eq!(
        states,
        [("wamid.1", State::Delivered, None), ("wamid.2", State::Undelivered, Some("failed 131047"))]
    );
    assert_eq!((told.inbound.len(), told.inbound[0].text.reveal()), (1, "Hei"));
    let changed = body.replace("Hei", "Hoi");
    let forged = hear(&provider, &[("x-hub-signature-256", &signature)], &[], Some(changed.as_bytes()));
    assert_eq!(forged.unwrap_err().code, "webhook_forged");
}

#[test]
fn any_other_provider_tells_in_the_same_way_and_not_too_late() {
    let provider = plain("http://unused");
    let body = json!({
        "receipts": [{ "reference": "r-1", "state": "delivered" }],
        "inbound": [{ "from": "+358401234567", "text": "STOP", "reference": "i-1" }],
    })
    .to_string();
    let tell = |timestamp: &str| {
        let text = format!("m1.{timestamp}.{body}");
        let signature =
            format!("v1,{}", data_encoding::BASE64.encode(&hmac("-sha256", "shared", text.as_bytes())));
        let headers = [
            ("webhook-id", "m1"),
            ("webhook-timestamp", timestamp),
            ("webhook-signature", signature.as_str()),
        ];
        hear(&provider, &headers, &[], Some(body.as_bytes()))
    };
    let told = tell("1709294400").unwrap();
    assert_eq!((told.receipts[0].state, told.inbound[0].text.reveal()), (State::Delivered, "STOP"));
    // Six minutes before and after.
    for timestamp in ["1709294040", "1709294760", "now"] {
        assert_eq!(tell(timestamp).unwrap_err().code, "webhook_forged", "{timestamp}");
    }
}
