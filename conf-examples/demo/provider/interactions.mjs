// The login page: what happens between the authorization request and its answer.

import { parse } from 'node:querystring';

import { findCustomer } from './configuration.mjs';
import { loginPage, messagePage } from './pages.mjs';

const BODY_LIMIT = 16_384;

async function formOf(request) {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > BODY_LIMIT) {
      break;
    }
  }
  return parse(body);
}

function show(ctx, status, page) {
  ctx.status = status;
  ctx.type = 'html';
  ctx.set('Cache-Control', 'no-store');
  ctx.set(
    'Content-Security-Policy',
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
  );
  ctx.body = page;
}

// A page that is already answered (Back button, double click) starts its request once more:
// the customer, who is logged in by now, passes through.
function startAgain(ctx, provider, params) {
  ctx.redirect(`${provider.pathFor('authorization')}?${new URLSearchParams(params)}`);
  ctx.status = 303;
}

async function finish(ctx, provider, memory, details, result) {
  memory.set(`finished:${details.uid}`, details.params, 3600);
  await provider.interactionFinished(ctx.req, ctx.res, result);
  ctx.respond = false;
}

async function answer(ctx, provider, { config, memory }, details, cancelled) {
  const client = await provider.Client.find(details.params.client_id);
  const view = {
    action: `/interaction/${details.uid}`,
    client: client.clientName ?? client.clientId,
    customers: config.show_customers ? config.customers : [],
  };
  if (ctx.method !== 'POST') {
    return show(ctx, 200, loginPage({ ...view, email: details.params.login_hint }));
  }
  if (cancelled) {
    const error = { error: 'access_denied', error_description: 'the customer cancelled the login' };
    return finish(ctx, provider, memory, details, error);
  }
  const { email = '', password = '' } = await formOf(ctx.req);
  const customer = findCustomer(config.customers, email.trim().toLowerCase());
  if (customer?.password !== password) {
    return show(ctx, 422, loginPage({ ...view, email, failed: true }));
  }
  return finish(ctx, provider, memory, details, { login: { accountId: customer.claims.sub } });
}

export function interactions(provider, rotating) {
  const { config, memory } = rotating;
  if (config.clients.some((client) => client.frontchannel_logout_uri)) {
    provider.Client.prototype.includeSid = function includeSid() {
      return Boolean(this.frontchannel_logout_uri || this.backchannelLogoutSessionRequired);
    };
  }
  return async (ctx, next) => {
    if (config.response_mode && ctx.path === provider.pathFor('authorization')) {
      ctx.query = { ...ctx.query, response_mode: config.response_mode };
    }
    const [, uid, cancelled] = /^\/interaction\/([\w-]+)(\/cancel)?$/.exec(ctx.path) ?? [];
    if (!uid) {
      return next();
    }
    const finished = memory.get(`finished:${uid}`);
    if (finished) {
      return startAgain(ctx, provider, finished);
    }
    const details = await provider.interactionDetails(ctx.req, ctx.res).catch(() => undefined);
    return details
      ? answer(ctx, provider, rotating, details, cancelled)
      : show(
          ctx,
          400,
          messagePage(
            'This login page has expired',
            'Please go back to the site and log in again.',
          ),
        );
  };
}
