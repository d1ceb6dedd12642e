//! A store that hangs is a state of its own, and hangs nobody else.

use std::sync::mpsc;
use std::time::Duration;

use lamplighter_core::id::{AccountId, WriteId};
use lamplighter_core::record::{Record, SessionStore, StoreError};
use lamplighter_engine::store::{Call, StoreThread};

use super::keychain::{account, generation, record};

/// A keychain that answers when it is told to.
struct Prompting {
    held: Option<Record>,
    answer: mpsc::Receiver<()>,
}

impl SessionStore for Prompting {
    fn load(&mut self, _account: &AccountId) -> Result<Option<Record>, StoreError> {
        self.answer.recv().expect("the test lives");
        Ok(self.held.as_ref().map(Record::duplicate))
    }

    fn save(&mut self, _: &AccountId, _: Option<WriteId>, record: &Record) -> Result<(), StoreError> {
        self.answer.recv().expect("the test lives");
        self.held = Some(record.duplicate());
        Ok(())
    }

    fn delete(&mut self, _account: &AccountId) -> Result<(), StoreError> {
        panic!("a store can die");
    }
}

fn prompting() -> (Box<Prompting>, mpsc::Sender<()>) {
    let (answers, answer) = mpsc::channel();
    (Box::new(Prompting { held: None, answer }), answers)
}

#[tokio::test]
async fn f39_a_store_that_hangs_is_slow_and_its_late_write_is_told() {
    let (store, answers) = prompting();
    let limit = Duration::from_millis(50);
    let (thread, mut late) = StoreThread::start_with_limit(store, limit).expect("a thread");
    assert_eq!(thread.save(&account(), None, record(1, 10)).await, Err(StoreError::Slow));
    assert!(thread.is_busy());
    assert_eq!(thread.load(&account()).await.err(), Some(StoreError::Slow), "others wait no longer");
    for call in [Call::Save(account()), Call::Load(account())] {
        answers.send(()).expect("it waits");
        let told = late.recv().await.expect("told");
        assert_eq!((told.call, told.result), (call, Ok(())));
    }
    answers.send(()).expect("it will ask");
    assert_eq!(generation(thread.load(&account()).await.expect("answers")), Some(1), "the late write landed");
    assert!(!thread.is_busy());
}

#[tokio::test]
async fn f39_a_store_that_breaks_off_costs_that_call_and_answers_the_next() {
    let (store, answers) = prompting();
    let (thread, _late) = StoreThread::start(store).expect("a thread");
    assert!(matches!(thread.delete(&account()).await, Err(StoreError::Absent(_))));
    assert!(!thread.is_busy(), "nobody waits for it any more");
    answers.send(()).expect("it lives");
    thread.save(&account(), None, record(1, 10)).await.expect("it is asked");
    answers.send(()).expect("it lives");
    assert_eq!(generation(thread.load(&account()).await.expect("it answers")), Some(1));
}
