// A provider that is right and quick: it asks nobody who he is, and signs with Ed25519. A code is the nonce and the
// code challenge of its authorization request, so that a client may write it without asking, and nothing is kept.
//
//     node provider.mjs CLIENT_SECRET      prints  ready {"issuer":"http://..."}  when it answers
//
// POST /told {"discovery_ms": 1000}  the metadata take so long from now on
// POST /told {"hold": true}          token requests get no answer from now on
// GET /state                         what it has had: discoveries begun and answered, tokens given, calls it holds

import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import http from 'node:http';

const secret = process.argv[2];
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const told = { discovery_ms: 0, hold: false };
const state = { discoveries: 0, discoveries_answered: 0, tokens: 0, held: 0 };
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const header = encode({ alg: 'EdDSA', kid: 'bench', typ: 'JWT' });
const authorization = `Basic ${Buffer.from(`shop:${secret}`).toString('base64')}`;
let issuer;

function metadata() {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['EdDSA'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic'],
  };
}

function idToken(nonce) {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    aud: 'shop',
    exp: now + 600,
    iat: now,
    nonce,
    sub: `c-${nonce}`,
    email: 'zoe@example.com',
    name: 'Zoe Example',
    membership: 'gold',
  };
  const signed = `${header}.${encode(claims)}`;
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
}

function tokens(request, form) {
  const [nonce, challenge] = (form.get('code') ?? '').split('.');
  const hashed = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
  if (request.headers.authorization !== authorization) {
    return [401, { error: 'invalid_client' }];
  }
  if (form.get('grant_type') !== 'authorization_code' || !nonce || challenge !== hashed) {
    return [400, { error: 'invalid_grant' }];
  }
  state.tokens += 1;
  return [200, { access_token: 'none', token_type: 'Bearer', expires_in: 600, id_token: idToken(nonce) }];
}

function send(response, status, value) {
  const body = JSON.stringify(value);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

function authorize(response, asked) {
  const back = new URL(asked.get('redirect_uri'));
  back.searchParams.set('code', `${asked.get('nonce')}.${asked.get('code_challenge')}`);
  back.searchParams.set('state', asked.get('state'));
  response.writeHead(302, { Location: back.href, 'Content-Length': 0 }).end();
}

function hold(response) {
  state.held += 1;
  response.on('close', () => {
    state.held -= 1;
  });
}

function serve(request, response, body) {
  const url = new URL(request.url, issuer);
  switch (url.pathname) {
    case '/.well-known/openid-configuration':
      state.discoveries += 1;
      setTimeout(() => {
        state.discoveries_answered += 1;
        send(response, 200, metadata());
      }, told.discovery_ms);
      return;
    case '/jwks':
      send(response, 200, { keys: [{ ...publicKey.export({ format: 'jwk' }), use: 'sig', kid: 'bench' }] });
      return;
    case '/authorize':
      authorize(response, url.searchParams);
      return;
    case '/token':
      if (told.hold) {
        hold(response);
      } else {
        send(response, ...tokens(request, new URLSearchParams(body)));
      }
      return;
    case '/told':
      Object.assign(told, JSON.parse(body));
      send(response, 200, told);
      return;
    case '/state':
      send(response, 200, state);
      return;
    default:
      send(response, 404, {});
  }
}

const server = http.createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => serve(request, response, Buffer.concat(pieces).toString()));
});
process.on('SIGTERM', () => process.exit(0));
server.listen(0, '127.0.0.1', 1024, () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  console.log(`ready ${JSON.stringify({ issuer })}`);
});
