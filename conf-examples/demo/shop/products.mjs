// What the shop sells. Prices in cents.

export const products = [
  {
    id: 'mug',
    name: 'Morning mug',
    price: 2400,
    short: 'Thrown by hand, holds 320 ml.',
    text: 'A mug for the first cup of the day: thick enough to keep it warm, thin enough at the lip. The glaze is mixed in our yard from wood ash and clay, so no two are quite the same.',
    facts: ['320 ml', 'Stoneware, ash glaze', 'Dishwasher safe'],
  },
  {
    id: 'teapot',
    name: 'Rain teapot',
    price: 7800,
    short: 'Pours without a drip.',
    text: 'It took us eleven tries to get the spout right. Now it pours a clean line down to the last drop, and the lid stays on without a hand to hold it.',
    facts: ['900 ml', 'Stoneware, celadon glaze', 'With a steel strainer'],
  },
  {
    id: 'bowl',
    name: 'Harvest bowl',
    price: 4200,
    short: 'Wide, low and heavy.',
    text: 'For salads, for fruit, for dough under a cloth. The outside stays bare so that your hands feel the clay; the inside has three coats of glaze.',
    facts: ['28 cm', 'Stoneware, honey glaze', 'Oven safe to 220 °C'],
  },
  {
    id: 'vase',
    name: 'Reed vase',
    price: 5600,
    short: 'For one branch, or three stems.',
    text: 'A tall, narrow neck that keeps a single branch upright. Good on a window sill, where the light shows the throwing lines.',
    facts: ['31 cm high', 'Stoneware, matt glaze', 'Water-tight'],
  },
  {
    id: 'plate',
    name: 'Moon plate',
    price: 3100,
    short: 'A dinner plate with a soft rim.',
    text: 'Fired with the glaze facing the flame, which draws the pale moon on each of them. They stack well in spite of the rim.',
    facts: ['26 cm', 'Stoneware, shino glaze', 'Dishwasher safe'],
  },
  {
    id: 'planter',
    name: 'Fern planter',
    price: 3800,
    short: 'With a saucer, and a fern.',
    text: 'Breathes as a planter should: only the rim is glazed. It comes with its saucer and with a young fern from the nursery next door.',
    facts: ['18 cm', 'Terracotta', 'Saucer and plant included'],
  },
];

export const memberPieces = [
  {
    ...products[1],
    name: 'Rain teapot, dusk',
    was: 8900,
    price: 7100,
    art: 'dusk',
    short: 'Twelve pieces from the October kiln.',
  },
  {
    ...products[3],
    name: 'Reed vase, oat',
    was: 6400,
    price: 5200,
    art: 'oat',
    short: 'The last of the oat glaze.',
  },
  {
    ...products[0],
    name: 'Morning mug, night',
    was: 2800,
    price: 2200,
    art: 'night',
    short: 'A glaze that we are still trying out.',
  },
];

export function productById(id) {
  return products.find((product) => product.id === id);
}

export function euros(cents) {
  return new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' }).format(cents / 100);
}
