// Go's go-sql-driver through the proxy: text, a prepared statement, an error, many rows. Prints what it has read.
package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"os"

	"github.com/go-sql-driver/mysql"
)

const many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) " +
	"SELECT a.i FROM n a, n b LIMIT 100000"

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	db, err := sql.Open("mysql", os.Getenv("DSN"))
	check(err)
	defer db.Close()
	db.SetMaxOpenConns(8)

	var read struct {
		Text     string
		Prepared int
		Error    uint16
		Rows     int
	}
	check(db.QueryRow("SELECT name FROM items WHERE id = 2").Scan(&read.Text))
	check(db.QueryRow("SELECT ? + 1", 41).Scan(&read.Prepared))
	var refusal *mysql.MySQLError
	if _, err := db.Exec("SELEC 1"); errors.As(err, &refusal) {
		read.Error = refusal.Number
	}
	rows, err := db.Query(many)
	check(err)
	for rows.Next() {
		read.Rows++
	}
	check(rows.Err())
	check(json.NewEncoder(os.Stdout).Encode(read))
}
