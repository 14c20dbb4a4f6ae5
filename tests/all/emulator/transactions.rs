//! The library's transactions against the emulator.

use rds_bridge::error::ErrorKind;
use rds_bridge_emulator::Emulator;

use crate::helpers::live::block_on;

#[test]
fn the_guard_commits_rolls_back_and_refuses() {
    let emulator = Emulator::start().unwrap();
    block_on(async {
        let bridge = emulator.bridge().allow_writes(true).build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        let create = "CREATE TABLE tx (id INT PRIMARY KEY)";
        connection.execute(create, ()).await.unwrap();
        let insert = "INSERT INTO tx VALUES (?)";

        let mut transaction = connection.transaction().await.unwrap();
        transaction.execute(insert, (1,)).await.unwrap();
        transaction.commit().await.unwrap();

        let mut transaction = connection.transaction().await.unwrap();
        transaction.execute(insert, (2,)).await.unwrap();
        transaction.roll_back().await.unwrap();

        let mut transaction = connection.transaction().await.unwrap();
        transaction.execute(insert, (3,)).await.unwrap();
        let again = transaction.execute(insert, (3,)).await.unwrap_err();
        assert_eq!(again.code(), Some(1062));
        transaction.execute(insert, (4,)).await.unwrap();
        drop(transaction);

        let mut transaction = connection.transaction().await.unwrap();
        transaction.execute(insert, (5,)).await.unwrap();
        let implicit = "CREATE TABLE other (id INT)";
        transaction.execute(implicit, ()).await.unwrap();
        let ended = transaction.execute(insert, (6,)).await.unwrap_err();
        assert!(
            matches!(ended.kind(), ErrorKind::TransactionEnded),
            "{ended:?}"
        );
        drop(transaction);

        let sql = "SELECT id FROM tx ORDER BY id";
        let ids: Vec<(i32,)> = connection.query_all(sql, ()).await.unwrap();
        assert_eq!(ids, [(1,), (5,)]);
    });
}
