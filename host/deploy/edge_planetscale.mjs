// An edge function, here as a Cloudflare Worker: it reads a row with PlanetScale's client, unchanged, through the Function
// URL of the function in the VPC.

import { connect } from "@planetscale/database";

export default {
  // env.DATABASE_URL is a secret (wrangler secret put DATABASE_URL): https://NAME:KEY@, and the host of the stack's output
  // FunctionUrl. NAME and the hash of KEY are in the stack's parameter ApiKeys.
  async fetch(request, env) {
    const id = Number(new URL(request.url).searchParams.get("id") || NaN);
    if (!Number.isSafeInteger(id)) {
      return new Response("id must be a whole number", { status: 400 });
    }
    const database = connect({ url: env.DATABASE_URL });
    try {
      const { rows } = await database.execute("SELECT id, name, price FROM items WHERE id = ?", [id]);
      return Response.json(rows);
    } catch (error) {
      // A DatabaseError ends in the number and the SQLSTATE of MySQL.
      console.error(error.message);
      return new Response("the database cannot be queried", { status: 502 });
    }
  },
};
