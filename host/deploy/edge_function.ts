// An edge function, here as a Cloudflare Worker: it reads a row through the Function URL of the function in the VPC.

import { AwsClient } from "aws4fetch";

interface Env {
  FUNCTION_URL: string; // the stack's output FunctionUrl
  AWS_REGION: string;
  // The credentials of a role that has only the stack's CallerPolicyArn, if your platform provides one. Workers have no
  // AWS identity and use the access key of an IAM user. The README says how to store and rotate one.
  AWS_ACCESS_KEY_ID: string;
  AWS_SECRET_ACCESS_KEY: string; // wrangler secret put AWS_SECRET_ACCESS_KEY
  AWS_SESSION_TOKEN?: string; // with a role's credentials
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const id = Number(new URL(request.url).searchParams.get("id") || NaN);
    if (!Number.isSafeInteger(id)) {
      return new Response("id must be a whole number", { status: 400 });
    }
    const aws = new AwsClient({
      accessKeyId: env.AWS_ACCESS_KEY_ID,
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
      sessionToken: env.AWS_SESSION_TOKEN,
      service: "lambda",
      region: env.AWS_REGION,
      // By default, aws4fetch retries ten times after a 500 or a 504.
      retries: 0,
    });
    const answer = await aws.fetch(env.FUNCTION_URL, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "by_id", parameters: [id] }),
    });
    if (!answer.ok) {
      // {"error":{"type":"…","requestId":"…"}}: the function's log has the details under this id.
      console.error(answer.status, await answer.text());
      return new Response("the database cannot be queried", { status: 502 });
    }
    return new Response(answer.body, { headers: { "content-type": "application/json" } });
  },
};
