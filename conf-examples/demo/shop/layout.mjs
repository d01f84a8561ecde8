// What all pages of the shop share.

import { readFileSync } from 'node:fs';

import { logo } from './art.mjs';

const style = readFileSync(new URL('style.css', import.meta.url), 'utf8');
const script = readFileSync(new URL('script.js', import.meta.url), 'utf8');

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

class Html {
  constructor(text) {
    this.text = text;
  }
}

function textOf(value) {
  if (value instanceof Html) {
    return value.text;
  }
  if (Array.isArray(value)) {
    return value.map(textOf).join('');
  }
  return String(value ?? '').replace(/[&<>"']/g, (c) => ENTITIES[c]);
}

// A template whose values are escaped, unless they are such templates themselves.
export function html(strings, ...values) {
  return new Html(strings.reduce((text, part, i) => text + textOf(values[i - 1]) + part));
}

export function raw(text) {
  return new Html(text);
}

function initials(name) {
  return name
    .split(/\s+/)
    .map((word) => [...word][0])
    .slice(0, 2)
    .join('')
    .toUpperCase();
}

function who(request) {
  const { customer, path } = request;
  if (!customer) {
    const login = `/login?return_to=${encodeURIComponent(path === '/goodbye' ? '/' : path)}`;
    return html`
      <a class="button small" href="${login}">Log in</a>
    `;
  }
  return html`
    <a class="name" href="/account">
      <span class="avatar" aria-hidden="true">${initials(customer.name)}</span>
      <span>${customer.name}</span>
    </a>
    <a class="button light small" href="/logout">Log out</a>
  `;
}

const LINKS = [
  ['/', 'Shop'],
  ['/members', 'Members'],
  ['/order', 'Order'],
  ['/account', 'Account'],
];

function navigation({ path }) {
  const current = path.split('?')[0];
  return LINKS.map(
    ([href, text]) => html`
      <a href="${href}" ${current === href ? raw(' aria-current="page"') : ''}>${text}</a>
    `,
  );
}

export function layout(request, title, body) {
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} – Clay &amp; Fern</title>
        <link
          rel="icon"
          href="data:image/svg+xml,${encodeURIComponent(logo.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"'))}"
        />
        <style>
          ${raw(style)}
        </style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to content</a>
        <header class="bar">
          <div class="wrap">
            <a class="brand" href="/">${raw(logo)}Clay &amp; Fern</a>
            <nav aria-label="Main">${navigation(request)}</nav>
            <div class="who">
              <button class="button light small" id="open-cart" type="button">Cart</button>
              ${who(request)}
            </div>
          </div>
        </header>
        <main id="main"><div class="wrap">${body}</div></main>
        <footer>
          <div class="wrap">
            <span>Clay &amp; Fern, a shop that exists in this demonstration only.</span>
            <span>Login by nginx-ciam</span>
          </div>
        </footer>
        <dialog id="cart" aria-labelledby="cart-title">
          <h2 id="cart-title">Your cart</h2>
          <div></div>
          <form class="actions" method="dialog"><button class="button light">Close</button></form>
        </dialog>
        <script>
          ${raw(script)};
        </script>
      </body>
    </html>
  `.text;
}
