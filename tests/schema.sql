CREATE TABLE items (
  id INT NOT NULL AUTO_INCREMENT,
  name VARCHAR(64) NOT NULL,
  price DECIMAL(10,2),
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT INTO items (name, price) VALUES ('apple', 1.25), ('bread', 3.50), ('cheese', 12.00);
