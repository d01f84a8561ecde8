// The configuration of oidc-provider that our own options stand for.

import { errors } from './packages.mjs';
import { logoutPage, messagePage } from './pages.mjs';

const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'HS256',
];

const SECRET_ALGORITHMS = ['HS256', 'HS384', 'HS512'];

const KEY_ENCRYPTIONS = [
  'RSA-OAEP',
  'RSA-OAEP-256',
  'ECDH-ES',
  'ECDH-ES+A128KW',
  'ECDH-ES+A192KW',
  'ECDH-ES+A256KW',
  'dir',
];

const CLAIMS = {
  openid: ['sub'],
  email: ['email', 'email_verified'],
  profile: ['name', 'given_name', 'family_name', 'locale', 'membership'],
};

const FORTNIGHT = 14 * 24 * 3600;

export function findCustomer(customers, name) {
  return customers.find(({ claims }) =>
    [claims.sub, claims.email, claims.email?.split('@')[0]].includes(name),
  );
}

function account(customer) {
  return customer && { accountId: customer.claims.sub, claims: async () => customer.claims };
}

// The clients belong to the same company as the provider: nobody is asked for consent.
async function grantEverything(ctx) {
  const { client, session, provider, params, account: customer } = ctx.oidc;
  const known = session.grantIdFor(client.clientId);
  const grant =
    (known && (await provider.Grant.find(known))) ??
    new provider.Grant({ clientId: client.clientId, accountId: customer.accountId });
  for (const resource of Object.values(ctx.oidc.resourceServers ?? {})) {
    grant.addResourceScope(resource.identifier(), resource.scope);
  }
  if (params.scope) {
    grant.addOIDCScope(params.scope);
    grant.addOIDCClaims([...ctx.oidc.requestParamClaims]);
    await grant.save();
  }
  return grant;
}

function autologin(config) {
  return async (ctx) => {
    const name =
      ctx.oidc.params.login_hint ?? (ctx.get('x-autologin') || ctx.cookies.get('autologin'));
    const customer =
      ctx.oidc.route === 'authorization' && name && findCustomer(config.customers, name);
    if (customer) {
      ctx.oidc.session.loginAccount({ accountId: customer.claims.sub });
      if (ctx.oidc.params.prompt === 'login') {
        ctx.oidc.params.prompt = undefined;
      }
    }
  };
}

// OpenID Connect Front-Channel Logout 1.0, section 3
function frontchannelFrames(ctx) {
  const { session, provider } = ctx.oidc;
  return Promise.all(
    Object.entries(session.authorizations ?? {}).map(async ([id, { sid }]) => {
      const { frontchannel_logout_uri: uri } = (await provider.Client.find(id)) ?? {};
      const parameters = new URLSearchParams({ iss: provider.issuer, sid });
      return uri && `${uri}${uri.includes('?') ? '&' : '?'}${parameters}`;
    }),
  );
}

async function logoutSource(ctx, form) {
  const frames = (await frontchannelFrames(ctx)).filter(Boolean);
  const sure = Boolean(ctx.oidc.entities.IdTokenHint);
  ctx.body = logoutPage({ form, host: ctx.host, sure, frames });
}

function postLogoutSuccessSource(ctx) {
  ctx.body = messagePage('You are logged out', 'You may close this page.');
}

function renderError(ctx, out) {
  ctx.type = 'html';
  ctx.body = messagePage(
    'This did not work',
    'Please go back to the site and start again.',
    Object.entries(out),
  );
}

function timeToLive(config) {
  const session = config.session_ttl ?? 86400;
  return {
    AccessToken: config.access_token_ttl ?? 3600,
    AuthorizationCode: config.code_ttl ?? 60,
    IdToken: config.id_token_ttl ?? 3600,
    Interaction: 3600,
    Session: session,
    Grant: session,
    RefreshToken: config.refresh_token_ttl ?? FORTNIGHT,
  };
}

// RFC 8707: access tokens for APIs.
function resourceIndicators({ resources }) {
  return {
    enabled: Boolean(resources),
    defaultResource: () => [],
    getResourceServerInfo: (ctx, name) => {
      if (!resources[name]) {
        throw new errors.InvalidTarget();
      }
      return { ...resources[name], audience: name };
    },
    useGrantedResource: () => true,
  };
}

function features(config) {
  return {
    backchannelLogout: { enabled: true },
    claimsParameter: { enabled: true },
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    encryption: { enabled: true },
    introspection: { enabled: true },
    jwtUserinfo: { enabled: true },
    pushedAuthorizationRequests: {
      enabled: Boolean(config.pushed_requests),
      requirePushedAuthorizationRequests: config.pushed_requests === 'required',
    },
    resourceIndicators: resourceIndicators(config),
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true, logoutSource, postLogoutSuccessSource },
  };
}

function claimsForApi({ resources, customers }, token) {
  const customer = resources && customers.find(({ claims }) => claims.sub === token.accountId);
  return customer && { email: customer.claims.email };
}

// Without the option as by default: with the scope offline_access and consent alone.
function refreshTokens({ refresh_tokens: always }) {
  return always
    ? {
        issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
        rotateRefreshToken: true,
      }
    : {};
}

export function configurationFor({ config, memory, keys, cookieKey }) {
  const methods = config.clients.map((c) => c.token_endpoint_auth_method ?? 'client_secret_basic');
  return {
    adapter: memory.adapter(),
    claims: config.claims ?? CLAIMS,
    clients: config.clients,
    clientAuthMethods: [...new Set(methods)],
    conformIdTokenClaims: !config.claims_in_id_token,
    cookies: { keys: [cookieKey] },
    enabledJWA: {
      clientAuthSigningAlgValues: [...new Set([...ALGORITHMS, ...SECRET_ALGORITHMS])],
      idTokenSigningAlgValues: ALGORITHMS,
      idTokenEncryptionAlgValues: KEY_ENCRYPTIONS,
      userinfoSigningAlgValues: ALGORITHMS,
      userinfoEncryptionAlgValues: KEY_ENCRYPTIONS,
    },
    extraClientMetadata: { properties: ['frontchannel_logout_uri'] },
    extraParams: config.autologin ? { autologin: autologin(config) } : [],
    extraTokenClaims: (ctx, token) => claimsForApi(config, token),
    features: features(config),
    // oidc-provider's guard against addresses of its own network: here the clients are on this
    // very computer.
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),
    findAccount: (ctx, sub) => account(config.customers.find(({ claims }) => claims.sub === sub)),
    jwks: { keys },
    ...refreshTokens(config),
    loadExistingGrant: grantEverything,
    responseTypes: ['code'],
    pkce: { required: () => config.pkce_required ?? true },
    renderError,
    ttl: timeToLive(config),
  };
}
