CREATE TABLE things (
  id INT NOT NULL AUTO_INCREMENT, name VARCHAR(20), note TEXT, price DECIMAL(10,2), ratio DOUBLE,
  small TINYINT, big BIGINT, count_ INT UNSIGNED, made DATETIME, seen DATETIME(3), on_ DATE, at_ TIME,
  bytes VARBINARY(10), state ENUM('new','paid'), doc JSON, bin VARCHAR(10) COLLATE utf8mb4_bin, PRIMARY KEY (id)
);
INSERT INTO things VALUES
  (1, 'apple', 'Red', 1.25, 0.5, 1, 9223372036854775807, 7, '2024-01-31 10:20:30', '2024-01-31 10:20:30.5', '2024-01-31', '01:02:03', x'00FF', 'new', '{"b":1,"a":[1,2]}', 'a'),
  (2, 'Bread', 'a_c', 3.50, 1.5, 0, -5, 0, '2024-02-29 00:00:00', '2024-02-29 00:00:00', '2024-02-29', '-10:00:00', 'ab', 'paid', '[]', 'A'),
  (3, 'café', '100%', 12.00, 1e20, -3, 0, 3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'a '),
  (4, 'CAFE', NULL, NULL, NULL, NULL, NULL, NULL, '2023-12-31 23:59:59', NULL, '2023-12-31', NULL, '', 'new', 'null', NULL);
CREATE TABLE plain (a INT, b INT);
INSERT INTO plain VALUES (1, 10), (2, 20), (2, 30), (NULL, 40);
