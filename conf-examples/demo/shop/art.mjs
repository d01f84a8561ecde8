// The pictures: one drawing for each product, in a palette that can be changed.

const PALETTES = {
  mug: {
    wall: '#e9dccb',
    sun: '#f5ebdf',
    clay: '#b9775a',
    shade: '#96583f',
    glaze: '#f7f1e6',
    drip: '#e6d9c4',
  },
  teapot: {
    wall: '#d3e0da',
    sun: '#e3ece7',
    clay: '#5f9483',
    shade: '#457567',
    glaze: '#8fbfae',
    drip: '#79ab9a',
  },
  bowl: {
    wall: '#f0dcb8',
    sun: '#f7e9cf',
    clay: '#a8683f',
    shade: '#854d2b',
    glaze: '#e2a84f',
    drip: '#c98d36',
  },
  vase: {
    wall: '#d9dcea',
    sun: '#e7e9f3',
    clay: '#5c688f',
    shade: '#454f72',
    glaze: '#8792b8',
    drip: '#737fa8',
  },
  plate: {
    wall: '#ead5cd',
    sun: '#f4e5df',
    clay: '#c98f7b',
    shade: '#a96d58',
    glaze: '#f8efe8',
    drip: '#e8d3c6',
  },
  planter: {
    wall: '#dbe2cc',
    sun: '#e9eede',
    clay: '#c4714b',
    shade: '#9f5433',
    glaze: '#e0986f',
    drip: '#cf8159',
  },
  dusk: {
    wall: '#dcd3e2',
    sun: '#eae4ee',
    clay: '#6d5680',
    shade: '#523f63',
    glaze: '#a48bb8',
    drip: '#8d73a2',
  },
  night: {
    wall: '#d5dde3',
    sun: '#e5ebef',
    clay: '#4d6273',
    shade: '#384a58',
    glaze: '#c9d3d8',
    drip: '#aebcc4',
  },
  oat: {
    wall: '#e8e0cf',
    sun: '#f3eee2',
    clay: '#a8926a',
    shade: '#85714d',
    glaze: '#d8c8a4',
    drip: '#c3b189',
  },
};

function shadow(cx, width) {
  return `<ellipse cx="${cx}" cy="199" rx="${width}" ry="8" fill="#00000022"/>`;
}

function leaf(x, y, angle, size, colour) {
  return `<path transform="translate(${x} ${y}) rotate(${angle}) scale(${size})" d="M0 0C9-8 11-22 0-34-11-22-9-8 0 0z" fill="${colour}"/>`;
}

function frond(x, y, angle, colour) {
  const leaves = [0, 1, 2, 3, 4].map(
    (i) =>
      leaf(0, -14 - i * 13, 62, 0.62 - i * 0.09, colour) +
      leaf(0, -14 - i * 13, -62, 0.62 - i * 0.09, colour),
  );
  return `<g transform="translate(${x} ${y}) rotate(${angle})"><path d="M0 0V-78" stroke="${colour}" stroke-width="3" stroke-linecap="round"/>${leaves.join('')}${leaf(0, -72, 0, 0.4, colour)}</g>`;
}

const DRAWINGS = {
  mug: (p, body) => `${shadow(156, 62)}
<path d="M196 104h14a26 26 0 0 1 0 52h-18" fill="none" stroke="${p.shade}" stroke-width="13" stroke-linecap="round"/>
${body('M106 82h100v76a38 38 0 0 1-38 38h-24a38 38 0 0 1-38-38z', 'M90 60h130v62q-13 12-24 1t-22 8-24-6-22 9-20-6-18-4z')}
<ellipse cx="156" cy="82" rx="50" ry="11" fill="${p.shade}"/><ellipse cx="156" cy="84" rx="43" ry="7.5" fill="#5a3828"/>
<path d="M140 62c-8-10 8-14 0-26M162 58c-8-10 8-14 0-26" fill="none" stroke="#fff" stroke-opacity=".8" stroke-width="4" stroke-linecap="round"/>`,
  teapot: (p, body) => `${shadow(158, 82)}
<path d="M200 172c46 2 40-56 70-80 3-3 1-8-3-8h-14c-22 12-26 36-58 44z" fill="${p.shade}"/>
<path d="M100 110c-46-8-50 54-6 56" fill="none" stroke="${p.shade}" stroke-width="12" stroke-linecap="round"/>
${body('M92 142c0-40 30-58 66-58s66 18 66 58c0 34-24 54-66 54s-66-20-66-54z', 'M80 70h160v62q-16 14-30 2t-28 8-28-6-28 8-26-6-20-2z')}
<path d="M122 90c4-17 68-17 72 0z" fill="${p.clay}"/><ellipse cx="158" cy="90" rx="37" ry="6" fill="${p.shade}"/><path d="M124 88c6-13 62-13 68 0z" fill="${p.glaze}"/><circle cx="158" cy="70" r="9" fill="${p.clay}"/>`,
  bowl: (p, body) => `${shadow(160, 66)}<path d="M136 186h48l5 12h-58z" fill="${p.shade}"/>
${body('M66 112h188c0 52-40 80-94 80s-94-28-94-80z', 'M60 100h200v26q-18 12-34 3t-34 7-34-5-34 6-34-6-30-2z')}
<ellipse cx="160" cy="112" rx="94" ry="20" fill="${p.shade}"/><ellipse cx="160" cy="114" rx="85" ry="15" fill="${p.glaze}"/>
<circle cx="128" cy="104" r="18" fill="#c8512f"/><circle cx="166" cy="99" r="21" fill="#d9742f"/><circle cx="200" cy="106" r="15" fill="#a63d2a"/>
<path d="M81 116c18 17 140 17 158 0-16 22-142 22-158 0z" fill="${p.drip}"/>${leaf(172, 84, 40, 0.5, '#6d7f45')}`,
  vase: (
    p,
    body,
  ) => `<path d="M166 84C164 56 174 46 187 30M166 70c-8-18-18-28-30-36" fill="none" stroke="#6f6a55" stroke-width="3.4" stroke-linecap="round"/>
${leaf(186, 33, 28, 0.6, '#7d8a5c')}${leaf(177, 44, 82, 0.6, '#8d9a6a')}${leaf(170, 46, -40, 0.52, '#7d8a5c')}${leaf(137, 36, -52, 0.58, '#8d9a6a')}${leaf(150, 50, 30, 0.46, '#7d8a5c')}${shadow(164, 46)}
${body('M150 82h30c0 24 30 42 30 74 0 26-16 40-45 40s-45-14-45-40c0-32 30-50 30-74z', 'M100 70h130v54q-14 12-26 2t-24 8-24-6-24 8-32-4z')}
<ellipse cx="165" cy="82" rx="15" ry="4" fill="${p.shade}"/>`,
  plate: (
    p,
  ) => `<ellipse cx="160" cy="176" rx="98" ry="12" fill="#0000001a"/><circle cx="160" cy="112" r="84" fill="${p.shade}"/><circle cx="160" cy="109" r="84" fill="${p.clay}"/>
<circle cx="160" cy="109" r="76" fill="${p.glaze}"/><circle cx="160" cy="109" r="54" fill="${p.drip}"/><circle cx="160" cy="111" r="51" fill="${p.glaze}"/>
<path d="M182 76a38 38 0 1 0 0 66 44 44 0 0 1 0-66z" fill="${p.clay}" fill-opacity=".5"/>`,
  planter: (
    p,
    body,
  ) => `${frond(160, 112, 0, '#5f8050')}${frond(154, 114, -34, '#6f9160')}${frond(166, 114, 34, '#6f9160')}${frond(150, 118, -64, '#7ea06c')}${frond(170, 118, 64, '#7ea06c')}
${shadow(160, 64)}${body('M112 112h96l-12 78h-72z', 'M100 112h120v6H100z')}
<path d="M104 100h112v22H104z" fill="${p.glaze}"/><path d="M104 116h112v6H104z" fill="${p.shade}" fill-opacity=".5"/><path d="M108 186h104l-7 12h-90z" fill="${p.shade}"/>`,
};

let drawn = 0;

// The glaze is clipped to the body; ids are unique in the page.
function bodyIn(palette) {
  drawn += 1;
  const id = `b${drawn}`;
  return (outline, glaze) => `<clipPath id="${id}"><path d="${outline}"/></clipPath>
<g clip-path="url(#${id})"><path d="${outline}" fill="${palette.clay}"/><path d="${glaze}" fill="${palette.drip}" transform="translate(0 5)"/><path d="${glaze}" fill="${palette.glaze}"/>
<path d="M196 0h140v240H184c22-30 26-120 12-240z" fill="${palette.shade}" fill-opacity=".3"/></g>`;
}

export function picture(id, paletteName = id) {
  const palette = PALETTES[paletteName];
  return `<svg viewBox="0 0 320 230" preserveAspectRatio="xMidYMid slice" aria-hidden="true"><rect width="320" height="230" fill="${palette.wall}"/>
<circle cx="160" cy="112" r="98" fill="${palette.sun}"/><path d="M0 190h320v40H0z" fill="#00000010"/>${DRAWINGS[id](palette, bodyIn(palette))}</svg>`;
}

export const logo =
  '<svg viewBox="0 0 32 32" width="32" height="32" aria-hidden="true"><rect width="32" height="32" rx="9" fill="#24463d"/><path d="M11 10h10c0 4 3.4 6 3.4 10 0 4-3 6-8.4 6s-8.4-2-8.4-6c0-4 3.4-6 3.4-10z" fill="#f3e3cd"/><path d="M11 10h10c0 2 .9 3.6 1.800 5q-3 2.4-6.800 0t-6.800 0c.9-1.4 1.800-3 1.800-5z" fill="#d9895f"/><path d="M16 9c-.6-3 1-5 3.6-5.4C20 6.4 18.4 8.600 16 9z" fill="#9fc08a"/></svg>';
