// An OpenID provider for the demo, the tests and the benchmark: oidc-provider, which is certified,
// with customers in a list, everything in memory, and keys made at start.
//
//     node server.mjs CONFIG.json       or       PROVIDER_CONFIG='{...}' node server.mjs
//
// It prints one line when it answers:  ready {"issuer":"http://...","control":"http://..."}
// SIGINT or SIGTERM ends it. All members of the configuration are optional:
//
//   host, port          where to listen (127.0.0.1, 0: any free port)
//   issuer              as the others see it (scheme://host:port)
//   tls                 {"certificate": "file.pem", "key": "file.pem"}: https
//   control_port        listens on 127.0.0.1 (0: any free port; absent: none).
//                       POST /rotate: new keys replace the old ones; POST /rotate?keep=1: new keys
//                       sign, the old ones stay published
//   clients             list of client metadata as in dynamic registration: client_id, client_secret,
//                       client_name, redirect_uris, post_logout_redirect_uris,
//                       token_endpoint_auth_method, id_token_signed_response_alg (RS256, PS256, ES256,
//                       ES384, ES512, EdDSA, HS256 ...), id_token_encrypted_response_alg
//                       and _enc, userinfo_signed_response_alg, jwks, jwks_uri, frontchannel_logout_uri (also puts
//                       `sid` into the ID token), backchannel_logout_uri and _session_required. Discovery
//                       announces only the methods in use
//   customers           [{"password": "...", "claims": {"sub": "...", "email": "...", ...}}]
//                       (customers.json)
//   show_customers      true: the login page lists them with their passwords
//   claims              {"scope": ["claim", ...]}: which scope releases which claims
//   claims_in_id_token  true: claims of scopes are in the ID token as well, not only in userinfo
//   resources           {"https://api.example.com": {"scope": "read write", "accessTokenFormat": "jwt"}}:
//                       APIs for which there are access tokens ("jwt" or "opaque"), with the customer's
//                       e-mail in them
//   keys                more kinds of keys than the clients' algorithms need: RSA, P-256, P-384,
//                       P-521, Ed25519
//   access_token_ttl, id_token_ttl, code_ttl, session_ttl    seconds (3600, 3600, 60, 86400)
//   refresh_tokens      true: each login gets a refresh token, where the client's grant_types have
//                       refresh_token; it is good once, and one that comes again ends all of its login
//   refresh_token_ttl   seconds (14 days)
//   pkce_required       false: clients may do without (true)
//   pushed_requests     "allowed" or "required": pushed authorization requests (RFC 9126)
//   response_mode       "form_post" or "query": answers so whatever the client asked for
//   autologin           true: a customer is logged in without a page, and without a redirect between
//                       the authorization request and the callback, when the request names one by
//                       e-mail, its part before the @, or sub: parameter login_hint, header
//                       X-Autologin, or cookie `autologin`
//
// Pages: /interaction/ID has a form (email, password) that posts to itself, and one that posts to
// /interaction/ID/cancel. The logout page submits itself when the request has an id_token_hint and
// asks otherwise; both have the form op.logoutForm.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';

import { configurationFor } from './configuration.mjs';
import { interactions } from './interactions.mjs';
import { kindFor, makeKeys } from './keys.mjs';
import { Memory } from './memory.mjs';
import { Provider } from './packages.mjs';

function read(name) {
  return JSON.parse(readFileSync(name, 'utf8'));
}

function options() {
  const given = process.env.PROVIDER_CONFIG
    ? JSON.parse(process.env.PROVIDER_CONFIG)
    : read(process.argv[2]);
  return {
    host: '127.0.0.1',
    port: 0,
    clients: [],
    customers: read(new URL('customers.json', import.meta.url)),
    keys: [],
    ...given,
  };
}

function listen(server, port, host) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server.address().port));
  });
}

// Keys are fixed when oidc-provider starts, so a rotation makes a new one over the same memory.
class Rotating {
  constructor(config) {
    this.config = config;
    this.memory = new Memory();
    this.cookieKey = randomBytes(32).toString('base64url');
    this.keys = [];
    const used = config.clients.map((c) => kindFor(c.id_token_signed_response_alg ?? 'RS256'));
    this.kinds = [...new Set([...used.filter(Boolean), ...config.keys])];
  }

  async rotate({ keep }) {
    const fresh = await makeKeys(this.kinds.length ? this.kinds : ['RSA']);
    this.keys = keep ? [...fresh, ...this.keys] : fresh;
    const provider = new Provider(this.config.issuer, configurationFor(this));
    provider.on('server_error', (ctx, error) => console.error(error));
    provider.use(interactions(provider, this));
    this.handle = provider.callback();
  }
}

function controlServer(rotating) {
  return http.createServer(async (request, response) => {
    const url = new URL(request.url, 'http://control');
    const known = request.method === 'POST' && url.pathname === '/rotate';
    if (known) {
      await rotating.rotate({ keep: url.searchParams.has('keep') });
    }
    response.writeHead(known ? 204 : 404).end();
  });
}

async function main() {
  const config = options();
  const tls = config.tls && {
    cert: readFileSync(config.tls.certificate),
    key: readFileSync(config.tls.key),
  };
  const ready = Promise.withResolvers();
  const handle = async (request, response) => (await ready.promise).handle(request, response);
  const server = tls ? https.createServer(tls, handle) : http.createServer(handle);
  const port = await listen(server, config.port, config.host);
  config.issuer ??= `${tls ? 'https' : 'http'}://${config.host}:${port}`;
  const rotating = new Rotating(config);
  await rotating.rotate({ keep: false });
  ready.resolve(rotating);

  const addresses = { issuer: config.issuer };
  if (config.control_port !== undefined) {
    addresses.control = `http://127.0.0.1:${await listen(controlServer(rotating), config.control_port, '127.0.0.1')}`;
  }
  console.log(`ready ${JSON.stringify(addresses)}`);
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => process.exit(0));
}
await main();
