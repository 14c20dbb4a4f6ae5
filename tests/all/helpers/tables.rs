//! Tables that the tests of the library and of the command share.

use rds_bridge_test_support::server::{Options, Product, Server};

/// Each number has a neighbour that is the same double.
pub(crate) const EXACT_NUMBERS: &str =
    "CREATE TABLE iamtest.exact (id BIGINT UNSIGNED, amount DECIMAL(30, 10), name VARCHAR(8));
     INSERT INTO iamtest.exact VALUES
       (18446744073709551615, 123456789012345678.25, 'a'),
       (18446744073709551614, 123456789012345678.26, 'b')";

/// Vectors with fewer entries than the column allows, with negative and with long numbers, and NULL.
const VECTORS: &str = "CREATE TABLE iamtest.vectors (n INT PRIMARY KEY, v VECTOR(3));
     INSERT INTO iamtest.vectors VALUES
         (1, STRING_TO_VECTOR('[1, 2.5, -3e10]')),
         (2, NULL),
         (3, STRING_TO_VECTOR('[0.1, 1.17549435e-38]'));";
/// Selects the vectors of [`server_with_vectors`].
pub(crate) const SELECT_VECTORS: &str = "SELECT n, v FROM vectors ORDER BY n";

/// Starts a MySQL server with the table `vectors`.
pub(crate) fn server_with_vectors() -> Server {
    let server = Server::start(Product::MySql, &Options::default());
    server.execute_as_admin(VECTORS);
    server
}
