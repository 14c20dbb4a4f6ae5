// Bundles app.js as Spin's template for JavaScript does: what WIT declares stays an import.

import { SpinEsbuildPlugin } from "@spinframework/build-tools/plugins/esbuild/index.js";
import { build } from "esbuild";

await build({
    entryPoints: ["app.js"],
    outfile: "build/bundle.js",
    bundle: true,
    format: "esm",
    platform: "node",
    plugins: [await SpinEsbuildPlugin()],
});
