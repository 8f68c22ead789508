//! Order files in over HTTP: as a body and as a form, progress, rejects, repetition.

use axum::{body::Body, http::header};
use serde_json::json;

use crate::house::{House, ids};

testkit::stories! { crate::house::House::open =>
    a_file_is_taken_in_and_worked_on
    a_form_is_taken_in_too
    rejects_are_read_by_pages_or_as_csv
    what_cannot_be_taken_in_is_refused_and_leaves_nothing
    a_file_that_cannot_be_read_says_why
}

const FILE: &str = "Order No;Date;Phone;Name;Total;Currency\n\
    A-1;29.02.2024 13:05;+358 40 123 4567;Aino Virtanen;12,50;EUR\n\
    A-2;01.03.2024;040 765 4321;Elina Korhonen;3,00;EUR\n";

async fn a_file_is_taken_in_and_worked_on(house: House) {
    let program = house.owner().await;
    let request = program.request("POST", "/v1/imports?source=online&region=FI&file_name=orders.csv");
    let queued = house.send(request.body(Body::from(FILE)).unwrap()).await;
    let import = queued.expect(202);
    let location = queued.headers["location"].to_str().unwrap();
    assert_eq!(location, format!("/v1/imports/{}", import["id"].as_str().unwrap()));
    assert_eq!(
        (import["state"].as_str(), import["bytes_total"].as_u64()),
        (Some("queued"), Some(FILE.len() as u64))
    );
    assert_eq!(program.get("/v1/counts").await.expect(200)["customers"], 0);

    house.work().await;
    let done = program.get(location).await.expect(200);
    assert_eq!((done["state"].as_str(), done["file_name"].as_str()), (Some("done"), Some("orders.csv")));
    assert_eq!(
        (done["rows"].as_u64(), done["rejected"].as_u64(), done["outcome"]["orders"].as_u64()),
        (Some(2), Some(0), Some(2))
    );
    assert_eq!(done["outcome"]["columns"][2], json!({"name": "Phone", "field": "number"}));
    assert_eq!(program.get("/v1/counts").await.expect(200)["customers"], 2);
    assert_eq!(
        program.get("/v1/customers?number=0407654321&region=FI").await.expect(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    let again = program.import("source=online&region=FI", FILE).await;
    assert_eq!(
        (again["outcome"]["orders"].as_u64(), again["outcome"]["lines_unchanged"].as_u64()),
        (Some(0), Some(2))
    );
    assert_eq!(program.get("/v1/counts").await.expect(200)["customers"], 2);
    let listed = program.get("/v1/imports").await.expect(200);
    assert_eq!(ids(&listed), [again["id"].as_str().unwrap(), import["id"].as_str().unwrap()]);
}

async fn a_form_is_taken_in_too(house: House) {
    let program = house.owner().await;
    let part = |head: &str, body: &str| {
        format!("--edge\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n")
    };
    let file = "nr,when,who\nA-1,2024-02-29,0401234567\n";
    let form = [
        part("name=\"source\"", "pos"),
        part("name=\"map\"", "order_id=nr"),
        part("name=\"map\"", "ordered_at=when"),
        part("name=\"file\"; filename=\"C:\\tills\\till.csv\"", file),
        part("name=\"map\"", "number=who"),
        part("name=\"region\"", "FI"),
        "--edge--\r\n".to_owned(),
    ];
    let request = program
        .request("POST", "/v1/imports")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
    let queued = house.send(request.body(Body::from(form.concat())).unwrap()).await.expect(202);
    assert_eq!((queued["source"].as_str(), queued["file_name"].as_str()), (Some("pos"), Some("till.csv")));
    house.work().await;
    let order = program.get("/v1/orders/pos/A-1").await.expect(200);
    assert_eq!(order["ordered_at"], "2024-02-29T00:00:00Z");
    assert!(order["customer"].is_string());
}

async fn rejects_are_read_by_pages_or_as_csv(house: House) {
    let program = house.owner().await;
    let mut file = "order_id,ordered_at,number\n".to_owned();
    for n in 0..450 {
        file.push_str(&format!("A-{n},not a date,+358401234567\n"));
    }
    file.push_str("B-1,2024-01-01,+358401234567\n");
    let import = program.import("source=online", &file).await;
    assert_eq!((import["rows"].as_u64(), import["rejected"].as_u64()), (Some(451), Some(450)));
    let path = format!("/v1/imports/{}/rejects", import["id"].as_str().unwrap());
    let page = program.get(&format!("{path}?limit=2")).await.expect(200);
    assert_eq!(page["items"][1]["line_number"], 3);
    assert_eq!(page["items"][1]["field"], "ordered_at");
    let next =
        program.get(&format!("{path}?limit=2&after={}", page["next"].as_str().unwrap())).await.expect(200);
    assert_eq!(next["items"][0]["line_number"], 4);

    let request = program.request("GET", &path).header(header::ACCEPT, "text/csv");
    let csv = house.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let lines: Vec<&str> = csv.text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (451, "line,field,code,reason"));
    assert!(lines[1].starts_with("2,ordered_at,") && lines[450].starts_with("451,ordered_at,"));
    assert!(!csv.text.contains("not a date") && !csv.text.contains("35840"));
}

async fn what_cannot_be_taken_in_is_refused_and_leaves_nothing(house: House) {
    let program = house.owner().await;
    let send = async |query: &str, body: Body, media: &str| {
        let request =
            program.request("POST", &format!("/v1/imports?{query}")).header(header::CONTENT_TYPE, media);
        house.send(request.body(body).unwrap()).await
    };
    let text = "text/csv";
    send("", Body::from(FILE), text).await.problem(422, "field_missing");
    send("source=fax", Body::from(FILE), text).await.problem(422, "source_unknown");
    send("source=pos", Body::empty(), text).await.problem(422, "file_empty");
    let large = send("source=pos", Body::from(vec![b'x'; 1024 * 1024 + 1]), text)
        .await
        .problem(413, "upload_too_large");
    assert_eq!(large["bytes_max"], 1024 * 1024);
    let broken = futures::stream::iter([Ok(FILE), Err(std::io::Error::other("gone"))]);
    send("source=pos", Body::from_stream(broken), text).await.problem(400, "upload_broken");
    send("source=pos", Body::from("--edge--\r\n"), "multipart/form-data; boundary=edge")
        .await
        .problem(422, "file_missing");
    let cut = "--edge\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\na,b";
    send("source=pos", Body::from(cut), "multipart/form-data; boundary=edge")
        .await
        .problem(400, "upload_broken");
    let late = "--edge\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\na,b\r\n--edge\r\nContent-Disposition: form-data; name=\"region\"\r\n\r\nXX\r\n--edge--\r\n";
    send("source=pos", Body::from(late), "multipart/form-data; boundary=edge")
        .await
        .problem(422, "region_unknown");
    assert_eq!(ids(&program.get("/v1/imports").await.expect(200)), Vec::<String>::new());
    let waiting = std::fs::read_dir(house.app.config.data.join("spool")).unwrap().count();
    assert_eq!(waiting, 0, "files left in the spool");
}

async fn a_file_that_cannot_be_read_says_why(house: House) {
    let program = house.owner().await;
    let import = program.import("source=online", "colour,size\nred,4\n").await;
    assert_eq!(import["state"], "failed");
    assert_eq!(import["fault"]["code"], "missing_column");
    let figures = house.send(axum::http::Request::get("/metrics").body(Body::empty()).unwrap()).await;
    assert!(figures.text.contains("trunkline_imports{state=\"failed\"} 1"), "{}", figures.text);
}
