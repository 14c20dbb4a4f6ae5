// Makes a component of reader.js: node reader.mjs WIT COMPONENT

import { writeFile } from "node:fs/promises";
import { componentize } from "@bytecodealliance/componentize-js";

const [witPath, file] = process.argv.slice(2);
const { component } = await componentize({ sourcePath: "reader.js", witPath, worldName: "reader" });
await writeFile(file, component);
