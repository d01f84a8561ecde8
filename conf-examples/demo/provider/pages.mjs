// The provider's pages. Nothing in them comes from elsewhere.

import { readFileSync } from 'node:fs';

const style = readFileSync(new URL('style.css', import.meta.url), 'utf8');

const logo = `<svg width="30" height="30" viewBox="0 0 30 30" aria-hidden="true">
  <path d="M15 1 28 9v20H2V9z" fill="#3a4fc9"/>
  <circle cx="15" cy="14" r="4.2" fill="#fff"/>
  <path d="m13.2 15.5-1.4 8h6.4l-1.4-8z" fill="#fff"/>
</svg>`;

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escape(text) {
  return String(text).replace(/[&<>"']/g, (c) => ENTITIES[c]);
}

function page(title, body) {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)} – Keyhouse</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<header>${logo}<span>Keyhouse</span></header>
<main>
${body}
</main>
<footer>Keyhouse is the login service of this demonstration. It runs on this computer only.</footer>
</body>
</html>
`;
}

function customerList(customers) {
  const rows = customers.map(
    ({ password, claims }) => `<tr><td>${escape(claims.email)}</td>
<td><code>${escape(password)}</code></td></tr>`,
  );
  return `<details><summary>Customers of this demonstration</summary>
<table><thead><tr><th scope="col">E-mail</th><th scope="col">Password</th></tr></thead>
<tbody>${rows.join('')}</tbody></table></details>`;
}

export function loginPage({ action, client, email = '', failed = false, customers = [] }) {
  const error = failed
    ? `<p class="error" role="alert" id="error">
<strong>That did not work.</strong> The e-mail address and the password do not match.</p>`
    : '';
  const described = failed ? ' aria-invalid="true" aria-describedby="error"' : '';
  return page(
    'Log in',
    `<h1>Log in</h1>
<p class="lead">to continue to <strong>${escape(client)}</strong></p>
${error}
<form method="post" action="${escape(action)}">
<label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="username" required
 value="${escape(email)}"${failed ? '' : ' autofocus'}${described}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required
 ${failed ? ' autofocus' : ''}${described}>
<button type="submit">Log in</button>
</form>
<form method="post" action="${escape(action)}/cancel">
<button class="quiet" type="submit">Cancel and go back</button></form>
${customers.length ? customerList(customers) : ''}`,
  );
}

// `form` is oidc-provider's own, with its protection against forged requests.
export function logoutPage({ form, host, sure, frames = [] }) {
  const hidden = frames
    .map((uri) => `<iframe hidden title="" src="${escape(uri)}"></iframe>`)
    .join('');
  const submit = `<script>
addEventListener('load', () => document.querySelector('[name=logout]').click());
</script>`;
  return page(
    'Log out',
    `<h1>${sure ? 'Logging you out …' : 'Log out?'}</h1>
<p class="lead">${sure ? 'One moment please.' : `You are logged in at ${escape(host)}.`}</p>
${form}${hidden}
<button type="submit" form="op.logoutForm" name="logout" value="yes"${sure ? '' : ' autofocus'}>Log out</button>
${sure ? submit : '<button class="quiet" type="submit" form="op.logoutForm">Stay logged in</button>'}`,
  );
}

export function messagePage(title, text, details = []) {
  const lines = details.map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`);
  return page(
    title,
    `<h1>${escape(title)}</h1>
<p class="lead">${escape(text)}</p>
${lines.length ? `<dl>${lines.join('')}</dl>` : ''}`,
  );
}
