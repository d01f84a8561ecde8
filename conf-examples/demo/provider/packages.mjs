// oidc-provider is installed into the build directory, not beside these files: see ../install.

import { fileURLToPath, pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

const beside = fileURLToPath(new URL('../../../build/npm', import.meta.url));

const file = resolve(process.env.CIAM_NPM ?? beside, 'node_modules/oidc-provider/lib/index.js');

export const { Provider, errors } = await import(pathToFileURL(file));
