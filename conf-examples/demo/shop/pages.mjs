// The pages of the shop. `request` has path, customer (undefined when nobody is logged in) and headers.

import { picture } from './art.mjs';
import { html, layout, raw } from './layout.mjs';
import { euros, memberPieces, products } from './products.mjs';

function card(product) {
  const price = product.was
    ? html`
        <s>${euros(product.was)}</s>
        ${euros(product.price)}
      `
    : euros(product.price);
  return html`
    <li class="card">
      ${raw(picture(product.id, product.art))}
      <div class="text">
        <h3><a href="/products/${product.id}">${product.name}</a></h3>
        <span class="price">${price}</span>
        <p>${product.short}</p>
      </div>
    </li>
  `;
}

export function home(request) {
  const { customer } = request;
  return layout(
    request,
    'Pottery for every day',
    html`
      <section class="hero">
        <div>
          <p class="eyebrow">
            ${customer ? `Welcome back, ${customer.firstName}` : 'The October kiln is open'}
          </p>
          <h1>Pottery for the table you sit at every day</h1>
          <p>
            Thrown, glazed and fired in one small yard. We make a few hundred pieces a month, and
            each goes to someone who will use it.
          </p>
          <div class="actions">
            <a class="button" href="#pieces">See the pieces</a>
            <a class="button light" href="/members">Members’ page</a>
          </div>
        </div>
        <figure>${raw(picture('teapot'))}</figure>
      </section>
      <div class="section"><h2 id="pieces">This month’s pieces</h2></div>
      <ul class="grid">
        ${products.map(card)}
      </ul>
    `,
  );
}

export function product(request, item) {
  return layout(
    request,
    item.name,
    html`
      <article class="detail">
        <figure>${raw(picture(item.id))}</figure>
        <div>
          <p class="eyebrow">October kiln</p>
          <h1>${item.name}</h1>
          <p class="price">${euros(item.price)}</p>
          <p>${item.text}</p>
          <ul>
            ${item.facts.map(
              (fact) => html`
                <li>${fact}</li>
              `,
            )}
          </ul>
          <div class="actions">
            <a class="button" href="/order?piece=${item.id}">Order</a>
            <a class="button light" href="/">All pieces</a>
          </div>
        </div>
      </article>
    `,
  );
}

function badge({ membership }) {
  return html`
    <span class="badge ${membership === 'gold' ? 'gold' : ''}">${membership || 'member'}</span>
  `;
}

export function members(request) {
  const { customer } = request;
  const gold = customer.membership === 'gold';
  return layout(
    request,
    'Members',
    html`
      <p class="eyebrow">Members’ page</p>
      <h1>Good to see you, ${customer.firstName}</h1>
      <p class="lead">
        You are a ${badge(customer)} member. Everything on this page is for you before it goes on
        sale.
      </p>
      <div class="panels">
        <div class="panel">
          <strong>${gold ? '1 240' : '380'}</strong>
          <span>points collected</span>
        </div>
        <div class="panel">
          <strong>${gold ? 'Free' : euros(490)}</strong>
          <span>delivery on your next order</span>
        </div>
        <div class="panel">
          <strong>12 December</strong>
          <span>evening at the wheel, one seat reserved</span>
        </div>
      </div>
      <div class="section"><h2>Before everybody else</h2></div>
      <ul class="grid">
        ${memberPieces.map(card)}
      </ul>
    `,
  );
}

function option(item, chosen) {
  return html`
    <option value="${item.id}" ${item.id === chosen ? raw(' selected') : ''}>
      ${item.name}, ${euros(item.price)}
    </option>
  `;
}

export function orderForm(request, piece) {
  const { customer } = request;
  return layout(
    request,
    'Order',
    html`
      <p class="eyebrow">Order</p>
      <h1>Which piece shall we pack?</h1>
      <div class="two">
        <form class="fields panel" method="post" action="/order">
          <div class="row">
            <div>
              <label for="piece">Piece</label>
              <select id="piece" name="piece">
                ${products.map((item) => option(item, piece))}
              </select>
            </div>
            <div>
              <label for="quantity">Quantity</label>
              <input
                id="quantity"
                name="quantity"
                type="number"
                min="1"
                max="12"
                value="1"
                required
              />
            </div>
          </div>
          <div class="row">
            <div>
              <label for="name">Name</label>
              <input id="name" value="${customer.name}" readonly />
            </div>
            <div>
              <label for="email">E-mail address</label>
              <input id="email" value="${customer.email}" readonly />
            </div>
          </div>
          <div>
            <label for="address">Delivery address</label>
            <input
              id="address"
              name="address"
              autocomplete="street-address"
              required
              placeholder="Street, town"
            />
          </div>
          <div>
            <label for="note">Note to the potter</label>
            <textarea id="note" name="note" maxlength="500"></textarea>
            <p class="hint">Optional. We read all of them.</p>
          </div>
          <div><button class="button" type="submit">Place the order</button></div>
        </form>
        <aside class="panel">
          <h2>Good to know</h2>
          <p>
            Pieces leave the yard within three days, in straw and recycled paper. You pay after they
            have arrived whole.
          </p>
          <p class="hint">
            Your name and e-mail address come with your login. The shop never sees your password.
          </p>
        </aside>
      </div>
    `,
  );
}

export function confirmation(request, order) {
  return layout(
    request,
    'Thank you',
    html`
      <div class="narrow">
        <div class="done">
          <svg width="28" height="28" viewBox="0 0 28 28" aria-hidden="true">
            <path
              d="m6 15 5.5 5.5L22 9"
              fill="none"
              stroke="currentColor"
              stroke-width="3.2"
              stroke-linecap="round"
              stroke-linejoin="round"
            />
          </svg>
        </div>
        <h1>Thank you, ${request.customer.firstName}</h1>
        <p class="lead">
          We have your order and will write to ${request.customer.email} when it leaves the yard.
        </p>
        <div class="panel" style="margin-top:1.6rem">
          <dl>
            <dt>Order</dt>
            <dd id="order-number">${order.number}</dd>
            <dt>Piece</dt>
            <dd>${order.quantity} × ${order.piece.name}</dd>
            <dt>Total</dt>
            <dd>${euros(order.piece.price * order.quantity)}</dd>
            <dt>Delivery to</dt>
            <dd>${order.address}</dd>
            ${
              order.note
                ? html`
                    <dt>Note</dt>
                    <dd>${order.note}</dd>
                  `
                : ''
            }
          </dl>
        </div>
        <p><a class="button light" href="/">Back to the shop</a></p>
      </div>
    `,
  );
}

export function account(request, orders) {
  const { customer, headers, method, path } = request;
  const rows = headers.map(
    ([name, value]) => html`
      <tr>
        <th scope="row"><code>${name}</code></th>
        <td>${value}</td>
      </tr>
    `,
  );
  const list = orders.map(
    (order) => html`
      <tr>
        <td><a href="/order/${order.number}">${order.number}</a></td>
        <td>${order.quantity} × ${order.piece.name}</td>
      </tr>
    `,
  );
  return layout(
    request,
    'Account',
    html`
      <p class="eyebrow">Account</p>
      <h1>${customer.name}</h1>
      <p class="lead">${customer.email} ${badge(customer)}</p>
      <div class="two">
        <section class="panel">
          <h2>What this shop was told about you</h2>
          <p class="hint" style="margin-bottom:1rem">
            The shop knows nothing of OpenID Connect. nginx adds these headers to each request, and
            removes such headers when a browser sends them.
          </p>
          <table class="table" id="identity">
            <caption class="visually-hidden">Identity headers</caption>
            <thead>
              <tr>
                <th scope="col">Header</th>
                <th scope="col">Value</th>
              </tr>
            </thead>
            <tbody>${rows}</tbody>
          </table>
          <p class="hint">
            Request:
            <code id="request-line">${method} ${path}</code>
          </p>
        </section>
        <aside class="panel">
          <h2>Your orders</h2>
          ${
            list.length
              ? html`
                  <table class="table">
                    <tbody>${list}</tbody>
                  </table>
                `
              : html`
                  <p>Nothing yet.</p>
                  <p><a class="button light small" href="/order">Order a piece</a></p>
                `
          }
        </aside>
      </div>
    `,
  );
}

export function goodbye(request) {
  return layout(
    request,
    'Goodbye',
    html`
      <div class="narrow">
        <p class="eyebrow">Logged out</p>
        <h1>See you soon</h1>
        <p class="lead">
          You are logged out of the shop and of the login service. On a computer that others use as
          well, close the browser.
        </p>
        <p style="margin-top:1.6rem"><a class="button" href="/">Back to the shop</a></p>
      </div>
    `,
  );
}

export function message(request, title, text) {
  return layout(
    request,
    title,
    html`
      <div class="narrow">
        <h1>${title}</h1>
        <p class="lead">${text}</p>
        <p style="margin-top:1.6rem"><a class="button" href="/">Back to the shop</a></p>
      </div>
    `,
  );
}
