// The whole life of a sign-in as openid-client does it: discovery, PKCE, the answer, claims, refresh, introspection, revocation.
import { createRequire } from "node:module";
import { createInterface } from "node:readline/promises";

const [folder, issuer, id, secret, redirect] = process.argv.slice(2);
const oidc = await import(createRequire(`${folder}/`).resolve("openid-client"));
const config = await oidc.discovery(new URL(issuer), id, secret, undefined, { execute: [oidc.allowInsecureRequests] });
const verifier = oidc.randomPKCECodeVerifier();
const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
const parameters = {
  redirect_uri: redirect,
  scope: "openid phone offline_access",
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
};
const address = await oidc.buildAuthorizationUrlWithPAR(config, parameters);
console.log(address.href);
const answer = new URL((await createInterface({ input: process.stdin }).question("")).trim());
const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
const tokens = await oidc.authorizationCodeGrant(config, answer, checks);
const claims = tokens.claims();
const person = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
const next = await oidc.refreshTokenGrant(config, tokens.refresh_token);
const before = await oidc.tokenIntrospection(config, next.access_token);
await oidc.tokenRevocation(config, next.refresh_token);
const after = await oidc.tokenIntrospection(config, next.access_token);
const out = oidc.buildEndSessionUrl(config, { id_token_hint: tokens.id_token });
console.log(JSON.stringify({ sub: claims.sub, phone: person.phone_number, before: before.active, after: after.active, out: out.href }));
process.exit(0);
