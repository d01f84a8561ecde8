// Signing keys, made at start and at every rotation: one for each kind that an algorithm needs.

import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

const KINDS = {
  RSA: ['rsa', { modulusLength: 2048 }],
  'P-256': ['ec', { namedCurve: 'P-256' }],
  'P-384': ['ec', { namedCurve: 'P-384' }],
  'P-521': ['ec', { namedCurve: 'P-521' }],
  Ed25519: ['ed25519', {}],
};

export function kindFor(alg) {
  const curve = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[alg];
  if (curve) {
    return curve;
  }
  if (/^Ed/.test(alg)) {
    return 'Ed25519';
  }
  return /^[RP]S/.test(alg) ? 'RSA' : undefined;
}

export async function makeKeys(kinds) {
  return Promise.all(
    kinds.map(async (kind) => {
      const [type, parameters] = KINDS[kind];
      const { privateKey } = await generate(type, parameters);
      return { ...privateKey.export({ format: 'jwk' }), use: 'sig' };
    }),
  );
}
