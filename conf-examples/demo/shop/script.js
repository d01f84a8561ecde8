// The cart button. Without a login the answer of /api/cart is 401, with the address to log in at.
const dialog = document.getElementById('cart');
const content = dialog.querySelector('div');

function line(item) {
  const entry = document.createElement('li');
  entry.append(
    `${item.quantity} × ${item.name}`,
    Object.assign(document.createElement('b'), { textContent: item.price }),
  );
  return entry;
}

function action(text, href) {
  return Object.assign(document.createElement('a'), {
    className: 'button',
    textContent: text,
    href,
  });
}

function paragraph(text) {
  return Object.assign(document.createElement('p'), { textContent: text });
}

async function showCart() {
  const answer = await fetch('/api/cart');
  if (answer.status === 401) {
    const login = new URL((await answer.json()).login_url);
    login.searchParams.set('return_to', location.pathname + location.search);
    content.replaceChildren(
      paragraph('Your cart is kept with your account.'),
      action('Log in to see it', login),
    );
    return;
  }
  if (!answer.ok) {
    content.replaceChildren(paragraph('The cart can’t be shown just now. Please try again.'));
    return;
  }
  const list = document.createElement('ul');
  list.append(...(await answer.json()).items.map(line));
  content.replaceChildren(list, action('Order', '/order'));
}

document.getElementById('open-cart').addEventListener('click', () => {
  content.replaceChildren(paragraph('One moment …'));
  dialog.showModal();
  showCart().catch(() => content.replaceChildren(paragraph('The shop can’t be reached.')));
});
