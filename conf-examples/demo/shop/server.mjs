// A small shop that knows nothing of logins: it believes the headers that nginx sends. So it must
// listen where only nginx reaches it.
//
//     node server.mjs PORT
//
// Public: /, /products/NAME, /goodbye. For customers: /members, /order, /account, /api/cart.

import http from 'node:http';

import * as pages from './pages.mjs';
import { euros, productById, products } from './products.mjs';

const BODY_LIMIT = 16_384;
const MOST_ORDERS = 1000;
const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "script-src 'unsafe-inline'",
  'img-src data:',
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');
const orders = new Map();

// Node.js reads header values as Latin-1; nginx sends the claims as they are, in UTF-8.
function utf8(value) {
  return value && Buffer.from(value, 'latin1').toString('utf8');
}

function identityHeaders({ rawHeaders }) {
  const pairs = rawHeaders.flatMap((name, i) => (i % 2 ? [] : [[name, utf8(rawHeaders[i + 1])]]));
  return pairs.filter(([name]) => /^x-customer-/i.test(name));
}

function customerOf({ headers }) {
  if (!headers['x-customer-id']) {
    return undefined;
  }
  const name = utf8(headers['x-customer-name']) ?? 'Customer';
  return {
    id: headers['x-customer-id'],
    email: utf8(headers['x-customer-email']),
    name,
    firstName: name.split(' ')[0],
    membership: headers['x-customer-membership'],
  };
}

async function formOf(incoming) {
  let body = '';
  for await (const chunk of incoming.setEncoding('utf8')) {
    body += chunk;
    if (body.length > BODY_LIMIT) {
      return undefined;
    }
  }
  return new URLSearchParams(body);
}

function placeOrder(customer, form) {
  const piece = productById(form?.get('piece'));
  const quantity = Number(form?.get('quantity'));
  const address = form?.get('address')?.trim();
  if (!piece || !address || !Number.isInteger(quantity) || quantity < 1 || quantity > 12) {
    return undefined;
  }
  const number = `CF-${1001 + orders.size}`;
  const order = {
    number,
    piece,
    quantity,
    address,
    note: form.get('note')?.trim(),
    owner: customer.id,
  };
  if (orders.size < MOST_ORDERS) {
    orders.set(number, order);
  }
  return order;
}

function page(text, status = 200) {
  return { status, type: 'text/html; charset=utf-8', text };
}

async function takeOrder(request, incoming) {
  const order = placeOrder(request.customer, await formOf(incoming));
  return order
    ? { status: 303, location: `/order/${order.number}` }
    : page(
        pages.message(
          request,
          'That order is not complete',
          'Please go back and fill in all fields.',
        ),
        400,
      );
}

function showOrder(request, number) {
  const order = orders.get(number);
  return order?.owner === request.customer.id
    ? page(pages.confirmation(request, order))
    : page(
        pages.message(
          request,
          'No such order',
          'Orders are shown to the customer who placed them.',
        ),
        404,
      );
}

function cart() {
  const wanted = [
    [2, products[0]],
    [1, products[3]],
  ];
  const items = wanted.map(([quantity, { name, price }]) => ({
    name,
    quantity,
    price: euros(price * quantity),
  }));
  return { status: 200, type: 'application/json', text: JSON.stringify({ items }) };
}

function customersPage(request, incoming, url) {
  const [, section, rest] = url.pathname.split('/');
  switch (section) {
    case 'members':
      return page(pages.members(request));
    case 'account':
      return page(
        pages.account(
          request,
          [...orders.values()].filter((o) => o.owner === request.customer.id),
        ),
      );
    case 'api':
      return cart();
    default:
  }
  if (request.method === 'POST') {
    return takeOrder(request, incoming);
  }
  return rest
    ? showOrder(request, rest)
    : page(pages.orderForm(request, url.searchParams.get('piece')));
}

function answer(request, incoming) {
  const url = new URL(`http://shop${request.path}`);
  const [, section, rest] = url.pathname.split('/');
  if (['members', 'order', 'account', 'api'].includes(section)) {
    return request.customer
      ? customersPage(request, incoming, url)
      : page(
          pages.message(
            request,
            'For customers only',
            'This page needs a login, which is nginx’s part.',
          ),
          403,
        );
  }
  if (section === 'products' && productById(rest)) {
    return page(pages.product(request, productById(rest)));
  }
  if (url.pathname === '/goodbye') {
    return page(pages.goodbye(request));
  }
  return url.pathname === '/'
    ? page(pages.home(request))
    : page(pages.message(request, 'Not found', 'This page does not exist.'), 404);
}

async function serve(incoming, response) {
  const request = {
    method: incoming.method,
    path: incoming.url,
    customer: customerOf(incoming),
    headers: identityHeaders(incoming),
  };
  const { status, type, text, location } = await answer(request, incoming);
  response.writeHead(status, {
    // Every page shows who is logged in, so none may come back from a cache after a logout.
    'Cache-Control': 'no-store',
    'Content-Security-Policy': POLICY,
    ...(type && { 'Content-Type': type }),
    ...(location && { Location: location }),
  });
  response.end(incoming.method === 'HEAD' ? undefined : text);
}

const server = http.createServer((incoming, response) =>
  serve(incoming, response).catch((error) => {
    console.error(error);
    response.writeHead(500).end();
  }),
);
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready {}'));
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => process.exit(0));
}
