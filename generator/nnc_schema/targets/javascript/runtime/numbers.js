// Integers are numbers where a number holds them, else BigInts; so `===` compares them.

const LARGEST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Return a BigInt as the number that it is, if it is one. */
export function integer(value) {
  return value <= LARGEST_SAFE && value >= -LARGEST_SAFE ? Number(value) : value;
}

/** Tell whether a value is an integer. */
export function isInteger(value) {
  return typeof value === "bigint" || Number.isInteger(value);
}

/** Work out with BigInts what numbers don't hold; broken numbers stay as they are. */
function exactly(work, quick, a, b) {
  return isInteger(a) && isInteger(b) ? integer(work(BigInt(a), BigInt(b))) : quick(Number(a), Number(b));
}

export function add(a, b) {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return exactly((x, y) => x + y, (x, y) => x + y, a, b);
}

export function subtract(a, b) {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return exactly((x, y) => x - y, (x, y) => x - y, a, b);
}

export function multiply(a, b) {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return exactly((x, y) => x * y, (x, y) => x * y, a, b);
}

export function negative(a) {
  return typeof a === "number" ? 0 - a : integer(-a);
}

export function inverted(a) {
  return subtract(-1, a);
}

/** Tell whether the operators of JavaScript for 32 bits do for both. */
function areSmall(a, b) {
  return (a | 0) === a && (b | 0) === b;
}

export function and(a, b) {
  return typeof a === "number" && typeof b === "number" && areSmall(a, b) ? a & b : integer(BigInt(a) & BigInt(b));
}

export function or(a, b) {
  return typeof a === "number" && typeof b === "number" && areSmall(a, b) ? a | b : integer(BigInt(a) | BigInt(b));
}

export function xor(a, b) {
  return typeof a === "number" && typeof b === "number" && areSmall(a, b) ? a ^ b : integer(BigInt(a) ^ BigInt(b));
}

export function left(a, count) {
  if (typeof a === "number" && count < 53) {
    const made = a * 2 ** count;
    if (Number.isSafeInteger(made)) return made;
  }
  return integer(BigInt(a) << BigInt(count));
}

export function right(a, count) {
  if (typeof a === "number") return count > 1000 ? (a < 0 ? -1 : 0) : Math.floor(a / 2 ** Number(count));
  return integer(BigInt(a) >> BigInt(count));
}

/** Return how many bits the magnitude of an integer has. */
export function bitLength(value) {
  const magnitude = value < 0 ? -value : value;
  if (typeof magnitude === "number" && magnitude < 2 ** 31) return 32 - Math.clz32(magnitude);
  return magnitude.toString(16) === "0" ? 0 : BigInt(magnitude).toString(2).length;
}

export function int(value) {
  return value ? 1 : 0;
}

export function bool(value) {
  return Boolean(value);
}

export function abs(value) {
  return value < 0 ? negative(value) : value;
}

/** Return the number of values of a list, of bytes. */
export function size(values) {
  return values.length;
}

export function last(values) {
  return values[values.length - 1];
}

/** Return the values, those in lists one by one. */
function* flat(values) {
  for (const value of values) {
    if (isList(value)) yield* flat(value);
    else yield value;
  }
}

/** Tell whether a value is a list, or a vector. */
export function isList(value) {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

export function max(...values) {
  return largest(...values);
}

export function min(...values) {
  return least(...values);
}

export function largest(...values) {
  let found = null;
  for (const value of flat(values)) if (found === null || value > found) found = value;
  if (found === null) throw new RangeError("there is no largest value of none");
  return found;
}

export function least(...values) {
  let found = null;
  for (const value of flat(values)) if (found === null || value < found) found = value;
  if (found === null) throw new RangeError("there is no least value of none");
  return found;
}
