//! Messages that are asked for in a process whose sender has room for them.

use base::{Fault, PageRequest};
use messaging::{Asked, Content, Filter, Sender, State, Text};
use tokio::{sync::watch, task::JoinHandle};

use crate::house::{House, on_both};

/// A sender at work, with room for so many.
struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    async fn start(house: &House, room: usize) -> Self {
        let sender =
            Sender::new(house.messages.clone(), house.clock.clone(), room).provider(house.first.clone());
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(async move { sender.run(stopped).await });
        // It has begun once it has sent something.
        house.ask("good morning").await;
        house.messages.wake();
        sent(house, 1).await;
        Self { stop, task }
    }

    async fn stop(self) {
        self.stop.send(true).unwrap();
        self.task.await.unwrap();
    }
}

/// Asks for messages in one transaction, which then ends like this.
async fn ask(house: &House, texts: &'static [&'static str], end: Result<(), Fault>) -> Result<Asked, Fault> {
    let (messages, cx) = (house.messages.clone(), house.cx.clone());
    let new: Vec<_> = texts
        .iter()
        .map(|text| (cx.clone(), house.message(Content::Plain(Text::parse(text).unwrap()))))
        .collect();
    house
        .db
        .write_bulk(async move |tx| {
            let asked = messages.enqueue_each(tx, &new).await?;
            end.clone().map(|()| asked)
        })
        .await
}

/// How many are in this state.
async fn count(house: &House, state: State) -> usize {
    let filter = Filter { state: Some(state), number: None };
    house.messages.list(&house.cx, filter, &PageRequest::default()).await.unwrap().items.len()
}

async fn sent(house: &House, so_many: usize) {
    while count(house, State::Sent).await < so_many {
        tokio::task::yield_now().await;
    }
}

#[test]
fn they_are_in_its_hands_when_they_are_committed_and_nobody_else_takes_them() {
    on_both(async |house| {
        let running = Running::start(&house, 50).await;
        let asked = ask(&house, &["one", "two", "three"], Ok(())).await.unwrap();
        assert_eq!(count(&house, State::Sending).await, 3);
        assert_eq!(house.sender.run_once().await.unwrap().sent, 0, "another sender finds nothing to do");
        assert_eq!(house.first.texts(), ["good morning"]);
        house.messages.send_off(asked);
        sent(&house, 4).await;
        let mut texts = house.first.texts();
        texts.sort();
        assert_eq!(texts, ["good morning", "one", "three", "two"]);
        running.stop().await;
    });
}

#[test]
fn more_than_there_is_room_for_waits_in_the_queue() {
    on_both(async |house| {
        let running = Running::start(&house, 2).await;
        let asked = ask(&house, &["one", "two", "three"], Ok(())).await.unwrap();
        house.messages.send_off(asked);
        sent(&house, 4).await;
        running.stop().await;
    });
}

#[test]
fn a_transaction_that_failed_gives_its_room_back() {
    on_both(async |house| {
        // The first message may still have its room.
        let running = Running::start(&house, 4).await;
        for _ in 0..5 {
            let failed = ask(&house, &["never", "never"], Err(Fault::internal("no"))).await;
            assert_eq!(failed.unwrap_err().cause.as_deref(), Some("no"));
        }
        let asked = ask(&house, &["one", "two"], Ok(())).await.unwrap();
        assert_eq!(count(&house, State::Sending).await, 2);
        house.messages.send_off(asked);
        sent(&house, 3).await;
        // Once these are recorded there is room again.
        let asked = ask(&house, &["four", "five"], Ok(())).await.unwrap();
        house.messages.send_off(asked);
        sent(&house, 5).await;
        assert!(!house.first.texts().contains(&"never".to_owned()));
        running.stop().await;
    });
}

#[test]
fn a_sender_that_is_to_end_waits_for_what_it_gave_room_to() {
    on_both(async |house| {
        let running = Running::start(&house, 50).await;
        let asked = ask(&house, &["promised"], Ok(())).await.unwrap();
        running.stop.send(true).unwrap();
        // Whoever asks once it takes nothing more asks the queue.
        while count(&house, State::Queued).await == 0 {
            drop(ask(&house, &["late"], Ok(())).await.unwrap());
        }
        assert!(!running.task.is_finished());
        house.messages.send_off(asked);
        running.task.await.unwrap();
        assert!(house.first.texts().contains(&"promised".to_owned()));
    });
}

#[test]
fn what_a_process_had_in_hand_when_it_ended_is_in_doubt() {
    on_both(async |house| {
        let running = Running::start(&house, 50).await;
        drop(ask(&house, &["lost"], Ok(())).await.unwrap());
        house.seconds(121);
        house.sender.run_once().await.unwrap();
        assert_eq!(count(&house, State::Unknown).await, 1);
        assert_eq!(house.first.texts(), ["good morning"]);
        running.stop().await;
    });
}

#[test]
fn without_a_sender_they_wait_for_one() {
    on_both(async |house| {
        let asked = ask(&house, &["one"], Ok(())).await.unwrap();
        house.messages.send_off(asked);
        assert_eq!(count(&house, State::Queued).await, 1);
        assert_eq!(house.sender.run_once().await.unwrap().sent, 1);
    });
}
