//! `VECTOR` of MySQL 9, in both protocols. MariaDB 10.11 does not have the type.

use rds_bridge::Error;
use rds_bridge::mysql::{ColumnKind, Connection, Param, Protocol, Value, Vector};
use rds_bridge_test_support::server::PASSWORD;

use crate::helpers::live::{block_on, to};
use crate::helpers::tables::{SELECT_VECTORS, server_with_vectors};

async fn vectors(connection: &mut Connection) -> Result<Vec<Option<Vec<f32>>>, Error> {
    let mut rows = connection.query(SELECT_VECTORS).await?;
    assert_eq!(rows.columns()[1].kind(), ColumnKind::Vector);
    let mut vectors = Vec::new();
    while let Some((_, vector)) = rows.next_as::<(i32, Option<Vec<f32>>)>().await? {
        vectors.push(vector);
    }
    Ok(vectors)
}

#[test]
fn in_both_protocols() {
    let server = server_with_vectors();
    block_on(async {
        let bridge = to(&server).user("admin").password(PASSWORD);
        let bridge = bridge.allow_writes(true).build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        let mine = vec![1.5_f32, f32::MIN_POSITIVE, f32::MAX];
        let insert = "INSERT INTO vectors VALUES (?, ?)";
        for (n, param) in [
            (4, Param::from(mine.clone())),
            (5, mine.as_slice().into()),
            (6, Param::Null),
        ] {
            let params = [n.into(), param];
            let inserting = connection.query_with(insert, &params);
            inserting.await.unwrap().finish().await.unwrap();
        }
        for protocol in [Protocol::Text, Protocol::Binary] {
            connection.set_protocol(protocol);
            assert_eq!(
                vectors(&mut connection).await.unwrap(),
                [
                    Some(vec![1.0, 2.5, -3e10]),
                    None,
                    Some(vec![0.1, 1.175_494_4e-38]),
                    Some(mine.clone()),
                    Some(mine.clone()),
                    None
                ],
                "{protocol:?}"
            );
            let bytes = "SELECT v, CAST(v AS BINARY) FROM vectors WHERE n = 1";
            let mut rows = connection.query(bytes).await.unwrap();
            let row = rows.next().await.unwrap().unwrap();
            let vector: Vector<'_> = row.get(0).unwrap();
            assert_eq!(row.value(0), Ok(Value::Vector(vector)));
            assert_eq!(Some(vector.as_bytes()), row.get(1).ok());
            assert_eq!(row.get::<&[u8]>(0), row.get(1));
            assert!(row.get::<&str>(0).is_err() && row.get::<f32>(0).is_err());
        }
    });
}
