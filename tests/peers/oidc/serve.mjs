// The OpenID provider of npm's oidc-provider over TLS, as its documentation says one is made. Says its port on standard
// output; `end` on standard input ends every grant, as "remove this app's access" does. It ends with its standard input.

import { appendFileSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:https";
import { createInterface } from "node:readline";
import path from "node:path";

const folder = process.env.PEER_FOLDER;
const life = Number(process.env.PEER_LIFE);
const require = createRequire(path.join(process.env.PEER_PACKAGES, "package.json"));
const { Provider } = await import(require.resolve("oidc-provider"));

const server = createServer({
  cert: readFileSync(process.env.PEER_CERTIFICATE),
  key: readFileSync(process.env.PEER_KEY),
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const port = server.address().port;

const provider = new Provider(`https://${process.env.PEER_HOST}:${port}`, {
  clients: [
    {
      client_id: "lamp",
      application_type: "native",
      token_endpoint_auth_method: "none",
      redirect_uris: ["http://127.0.0.1/callback"],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
    },
  ],
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  pkce: { required: () => true },
  rotateRefreshToken: true,
  ttl: { AccessToken: life, RefreshToken: 86400, Grant: 86400, Interaction: 3600, Session: 86400, IdToken: 3600 },
  cookies: { keys: [crypto.randomUUID()] },
  features: { devInteractions: { enabled: true }, revocation: { enabled: true }, userinfo: { enabled: true } },
});

const grants = new Set();
provider.on("refresh_token.saved", (token) => grants.add(token.grantId));
const log = (line) => appendFileSync(path.join(folder, "log"), `${JSON.stringify({ at: Date.now() / 1000, ...line })}\n`);
provider.on("grant.revoked", (ctx) => log({ event: "grant.revoked", path: ctx?.path }));
provider.on("grant.error", (ctx, error) => log({ event: "grant.error", why: error.error_description }));
provider.use(async (ctx, next) => {
  await next();
  const body = ctx.oidc?.params ?? {};
  log({ method: ctx.method, path: ctx.path, status: ctx.status, grant: body.grant_type, pkce: body.code_challenge_method });
});
server.on("request", provider.callback());

console.log(port);
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === "end") {
    for (const grant of grants) {
      await provider.AccessToken.revokeByGrantId(grant);
      await provider.RefreshToken.revokeByGrantId(grant);
      await (await provider.Grant.find(grant))?.destroy();
    }
    console.log(`ended ${grants.size}`);
    grants.clear();
  }
}
process.exit(0);
