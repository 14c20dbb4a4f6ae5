// Values of jco and of the vectors: jco has names in camel case, 64-bit integers as BigInt, and bytes as Uint8Array;
// the vectors have the contract's names, and bytes in hexadecimal.

const camel = (name) => name.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());

// Converts a record of the vectors to jco's form.
export function record(fields, big = []) {
  const value = ([name, value]) => {
    if (value === null) return undefined;
    return big.includes(name) ? BigInt(value) : value;
  };
  return Object.fromEntries(Object.entries(fields).map((field) => [camel(field[0]), value(field)]));
}

// Converts a value of jco to the form of the vectors.
export function plain(value) {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (typeof value === "bigint") return Number(value);
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object") {
    if ("tag" in value) return value.val === undefined ? value.tag : { [value.tag]: plain(value.val) };
    const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [kebab(name), plain(field)]));
  }
  return value;
}

export const bytes = (hex) => new Uint8Array(Buffer.from(hex, "hex"));
