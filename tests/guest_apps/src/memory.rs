//! The memory of an application, after it has answered.

use rds_bridge_test_support::expectation::{ENDPOINT, Expectation};
use rds_bridge_test_support::server::Server;
use wasmtime::{Store, Trap, WasmCoreDump};

use crate::app::App;
use crate::host::State;

/// The bytes of all linear memories of a store.
pub(crate) struct Memory(Vec<Vec<u8>>);

/// Lets the deadline of the next request pass at its start. The dump of that trap has the memories of the instances
/// that have answered before.
pub(crate) async fn of(app: &App, store: &mut Store<State>) -> Memory {
    store.set_epoch_deadline(0);
    let error = app.get(store, "http://app/rows").await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::Interrupt), "{error:#}");
    let dump = error.downcast_ref::<WasmCoreDump>().unwrap();
    let memories = dump.memories().iter();
    Memory(memories.map(|it| it.data(&*store).to_vec()).collect())
}

impl Memory {
    pub(crate) fn contains(&self, text: &str) -> bool {
        let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.0.iter().any(|memory| {
            [text.as_bytes(), &utf_16]
                .into_iter()
                .any(|it| memory.windows(it.len()).any(|window| window == it))
        })
    }
}

/// What the host knows, and its guests must not.
pub(crate) fn secrets(server: &Server) -> [String; 6] {
    let expectation = Expectation::default();
    [
        ENDPOINT.to_owned(),
        "lambda-user".to_owned(),
        expectation.access_key_id,
        expectation.secret_access_key,
        "X-Amz-Signature".to_owned(),
        // An application may contain the digits alone: those of SDKs do.
        format!(":{}", server.port()),
    ]
}
