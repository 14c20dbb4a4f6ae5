//! Limits of callers.

use rds_bridge_access::{Grant, Statements};

use super::*;

fn limits(change: impl FnOnce(&mut Grant)) -> Limits {
    let mut grant = Grant::new("orders", Statements::Any);
    change(&mut grant);
    grant.limits()
}

#[test]
fn a_caller_has_its_own_rate_for_each_database() {
    let usage = Usage::default();
    let limits = limits(|it| it.requests_per_second = NonZeroU32::new(3));
    let (app, other) = (Caller::named("app"), Caller::named("other"));
    for _ in 0..3 {
        usage.admit(&app, "orders", &limits).unwrap();
    }
    let refused = usage.admit(&app, "orders", &limits).unwrap_err();
    assert_eq!(refused, Exceeded::Rate(NonZeroU32::new(3).unwrap()));
    usage.admit(&app, "stock", &limits).unwrap();
    usage.admit(&other, "orders", &limits).unwrap();
    // A reload that changes the limit begins anew, and one without a limit admits all.
    let higher = self::limits(|it| it.requests_per_second = NonZeroU32::new(4));
    usage.admit(&app, "orders", &higher).unwrap();
    for _ in 0..100 {
        usage.admit(&app, "orders", &Limits::default()).unwrap();
    }
}

#[tokio::test]
async fn a_request_of_a_session_waits_for_its_turn() {
    let usage = Usage::default();
    let limits = limits(|it| it.requests_per_second = NonZeroU32::new(20));
    let app = Caller::named("app");
    let began = Instant::now();
    for _ in 0..24 {
        usage.pace(&app, "orders", &limits).await.unwrap();
    }
    // Twenty at once, and then one in each twentieth of a second.
    assert!(began.elapsed() >= Duration::from_millis(150));
}

#[tokio::test(start_paused = true)]
async fn a_request_of_a_session_waits_for_its_place() {
    let usage = Usage::default();
    let limits = limits(|it| it.max_concurrent_requests = NonZeroU32::new(1));
    let app = Caller::named("app");
    let admit = || usage.admit(&app, "orders", &limits);
    let first = admit().unwrap();
    let mut waiting = pin!(usage.pace(&app, "orders", &limits));
    assert!(timeout(Duration::from_secs(1), &mut waiting).await.is_err());
    drop(first);
    // The place is for the request that waits.
    assert_eq!(admit().unwrap_err(), Exceeded::Requests(1));
    let second = waiting.await.unwrap();
    assert!(second.is_some());
    let refused = usage.pace(&app, "orders", &limits).await;
    assert_eq!(refused.unwrap_err(), Exceeded::Requests(1));
    drop(second);
    assert!(admit().unwrap().is_some());
}

#[tokio::test]
async fn callers_that_use_nothing_are_forgotten() {
    let usage = Usage::default();
    let limits = limits(|it| it.max_concurrent_requests = NonZeroU32::new(1));
    let busy = Caller::named("busy");
    let place = usage.admit(&busy, "orders", &limits).unwrap();
    for number in 1..REMEMBERED_CALLERS {
        let caller = Caller::named(&number.to_string());
        drop(usage.admit(&caller, "orders", &limits));
    }
    std::thread::sleep(RATE_PERIOD);
    drop(usage.admit(&Caller::named("last"), "orders", &limits));
    assert_eq!(lock(&usage.0).counts.len(), 2);
    let refused = usage.admit(&busy, "orders", &limits).unwrap_err();
    assert_eq!(refused, Exceeded::Requests(1));
    drop(place);
}

#[test]
fn a_place_is_taken_until_it_is_dropped() {
    let usage = Usage::default();
    let limits = limits(|it| {
        it.max_concurrent_requests = NonZeroU32::new(2);
        it.max_sessions = Some(1);
    });
    let app = Caller::named("app");
    let admit = || usage.admit(&app, "orders", &limits);
    let first = admit().unwrap();
    let second = admit().unwrap();
    assert_eq!(admit().unwrap_err(), Exceeded::Requests(2));
    drop(first);
    let third = admit().unwrap();
    assert!(second.is_some() && third.is_some());

    let open = |limits: &Limits, default| usage.open_session(&app, "orders", limits, default);
    let session = open(&limits, 9).unwrap();
    assert_eq!(open(&limits, 9).unwrap_err(), Exceeded::Sessions(1));
    // Without a limit of the grant, that of the pool.
    let _another = open(&Limits::default(), 2).unwrap();
    let refused = open(&Limits::default(), 2).unwrap_err();
    assert_eq!(refused, Exceeded::Sessions(2));
    drop(session);
    open(&Limits::default(), 2).unwrap();
    let none = self::limits(|it| it.max_sessions = Some(0));
    assert_eq!(open(&none, 2).unwrap_err(), Exceeded::Sessions(0));
}

#[test]
fn no_place_is_given_twice() {
    let usage = Usage::default();
    let limits = limits(|it| it.max_concurrent_requests = NonZeroU32::new(5));
    let app = Caller::named("app");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..1000 {
                    let place = usage.admit(&app, "orders", &limits);
                    let counts = usage.counts(&app, "orders");
                    assert!(counts.requests.load(Ordering::Relaxed) <= 5);
                    drop(place);
                }
            });
        }
    });
    let counts = usage.counts(&app, "orders");
    assert_eq!(counts.requests.load(Ordering::Relaxed), 0);
}
