// Inserts REQUESTS lines into a ledger with the client CLIENT, whose own retries are on, and prints what became of each:
// ledger.py says how.

import {
  BeginTransactionCommand, CommitTransactionCommand, ExecuteStatementCommand, RDSDataClient, RDSDataServiceException,
  RollbackTransactionCommand,
} from "@aws-sdk/client-rds-data";
import { Client, DatabaseError } from "@planetscale/database";

const { AWS_ENDPOINT_URL_RDS_DATA, CLIENT, REQUESTS } = process.env;
const ignored = () => {};

// The AWS SDK.
const place = { resourceArn: "arn:aws:rds:any", secretArn: "arn:aws:secretsmanager:any" };
const sdk = new RDSDataClient({ region: "eu-central-1" });

async function send(attempts, Command, input) {
  try {
    const answer = await sdk.send(new Command({ ...place, ...input }));
    attempts.count += answer.$metadata.attempts - 1;
    return answer;
  } catch (error) {
    attempts.count += (error.$metadata?.attempts ?? 1) - 1;
    throw error;
  }
}

const aws = {
  isUnknown: (error) => error.message.includes("Error code: 2013"),
  isOfGateway: (error) => error instanceof RDSDataServiceException,
  begin: async (attempts) => (await send(attempts, BeginTransactionCommand, {})).transactionId,
  insert: (attempts, line, transactionId) => send(attempts, ExecuteStatementCommand, {
    sql: "INSERT INTO ledger (line) VALUES (:line)",
    parameters: [{ name: "line", value: { stringValue: line } }],
    transactionId,
  }),
  commit: (attempts, transactionId) => send(attempts, CommitTransactionCommand, { transactionId }),
  rollback: (attempts, transactionId) => send(attempts, RollbackTransactionCommand, { transactionId }),
};

// PlanetScale's client, which sends nothing again.
const client = new Client({ url: AWS_ENDPOINT_URL_RDS_DATA.replace("//", "//any:any@") });
const planetscale = {
  isUnknown: (error) => error.message.includes("(errno 2013)"),
  isOfGateway: (error) => error instanceof DatabaseError,
  begin: async () => {
    const connection = client.connection();
    await connection.execute("BEGIN");
    return connection;
  },
  insert: (_, line, connection) => (connection ?? client).execute("INSERT INTO ledger (line) VALUES (?)", [line]),
  commit: (_, connection) => connection.execute("COMMIT"),
  rollback: (_, connection) => connection.execute("ROLLBACK"),
};

const { isUnknown, isOfGateway, begin, insert, commit, rollback } = CLIENT === "aws" ? aws : planetscale;

async function run(number) {
  const attempts = { count: 0 };
  const line = `${CLIENT} ${number}`;
  // Until the statement that inserts for good is sent, the line is certainly not there.
  let mayBeThere = false;
  let result = "confirmed";
  let message = null;
  try {
    if (number % 2) {
      const transaction = await begin(attempts);
      try {
        await insert(attempts, line, transaction);
      } catch (error) {
        await rollback(attempts, transaction).catch(ignored);
        throw error;
      }
      mayBeThere = true;
      await commit(attempts, transaction);
    } else {
      mayBeThere = true;
      await insert(attempts, line);
    }
  } catch (error) {
    if (!isOfGateway(error)) throw error;
    message = error.message;
    result = mayBeThere && isUnknown(error) ? "unknown" : "failed";
    // While the server is down, most lines would fail otherwise.
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  console.log(JSON.stringify({ line, outcome: result, retries: attempts.count, error: message }));
}

let next = 0;
const worker = async () => {
  while (next < Number(REQUESTS)) await run(next++);
};
await Promise.all(Array.from({ length: 8 }, worker));
