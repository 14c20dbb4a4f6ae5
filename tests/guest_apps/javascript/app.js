// An application for Spin, which opens the address that Spin's examples for MySQL have.

import { open } from "@spinframework/spin-mysql";

const ADDRESS = "mysql://root:@127.0.0.1/spin_dev";

// A value as JSON has it: bytes in hexadecimal, integers of 64 bits as text.
function plain(_, value) {
    if (ArrayBuffer.isView(value)) {
        return Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("");
    }
    return typeof value === "bigint" ? value.toString() : value;
}

function result({ columns, rows }) {
    return { types: Object.fromEntries(columns.map(({ name, dataType }) => [name, dataType])), rows };
}

function change() {
    const db = open(ADDRESS);
    db.execute("INSERT INTO changed VALUES (?, ?, ?)", [7, "d'été", { tag: "db-null" }]);
    return result(db.query("SELECT * FROM changed WHERE id = ?", [7]));
}

function query(address, statement) {
    return result(open(address).query(statement, []));
}

const PATHS = {
    "/rows": () => query(ADDRESS, "SELECT * FROM test"),
    "/change": change,
    "/other-address": () => query("mysql://root:@127.0.0.1:3307/spin_dev", "SELECT 1"),
    "/password": () => query("mysql://root:hunter2@127.0.0.1/spin_dev", "SELECT 1"),
    "/wrong-statement": () => query(ADDRESS, "SELECT * FROM missing"),
    "/denied": () => query(ADDRESS, "SELECT * FROM mysql.user"),
};

// The binding throws what Spin's interface calls an error.
function answer(path) {
    try {
        return PATHS[path]();
    } catch (error) {
        const { tag, val } = error.payload;
        const name = tag.replace(/(^|-)(\w)/g, (_, hyphen, letter) => letter.toUpperCase());
        return { error: name, message: val };
    }
}

addEventListener("fetch", (event) => {
    const { pathname } = new URL(event.request.url);
    const body = JSON.stringify(answer(pathname), plain);
    event.respondWith(new Response(body, { headers: { "content-type": "application/json" } }));
});
