// SHA-256 and SHA-512 (FIPS 180-4), at once: what browsers have for it is asynchronous.

/** Return the first primes. */
function primes(count) {
  const found = [];
  for (let number = 2; found.length < count; number++) if (found.every((prime) => number % prime)) found.push(number);
  return found;
}

/** Return the largest integer whose n-th power is not above a number. */
function root(number, n) {
  let low = 0n;
  let high = 1n << 80n;
  while (low + 1n < high) {
    const middle = (low + high) >> 1n;
    if (middle ** n <= number) low = middle;
    else high = middle;
  }
  return low;
}

/** Return the first bits of the fractions of the n-th roots of the first primes. */
function fractions(count, n, bits) {
  return primes(count).map((prime) => root(BigInt(prime) << (bits * n), n) & ((1n << bits) - 1n));
}

const KINDS = {
  sha256: { bits: 32n, rounds: 64, turns: [7n, 18n, 3n, 17n, 19n, 10n, 2n, 13n, 22n, 6n, 11n, 25n] },
  sha512: { bits: 64n, rounds: 80, turns: [1n, 8n, 7n, 19n, 61n, 6n, 28n, 34n, 39n, 14n, 18n, 41n] },
};

/** Return the digest of bytes in hexadecimal digits; `algorithm` is "sha256" or "sha512". */
export function digest(algorithm, data) {
  const { bits, rounds, turns } = KINDS[algorithm];
  const mask = (1n << bits) - 1n;
  const turned = (x, n) => ((x >> n) | (x << (bits - n))) & mask;
  const constants = fractions(rounds, 3n, bits);
  const state = fractions(8, 2n, bits);
  const word = Number(bits) / 8;
  const block = 16 * word;
  const padded = new Uint8Array(Math.ceil((data.length + 1 + 2 * word) / block) * block);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(data.length) * 8n);
  for (let start = 0; start < padded.length; start += block) {
    const words = [];
    for (let j = 0; j < 16; j++)
      words.push(word === 4 ? BigInt(view.getUint32(start + 4 * j)) : view.getBigUint64(start + 8 * j));
    for (let j = 16; j < rounds; j++) {
      const [a, b] = [words[j - 15], words[j - 2]];
      const first = turned(a, turns[0]) ^ turned(a, turns[1]) ^ (a >> turns[2]);
      const second = turned(b, turns[3]) ^ turned(b, turns[4]) ^ (b >> turns[5]);
      words.push((words[j - 16] + first + words[j - 7] + second) & mask);
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let j = 0; j < rounds; j++) {
      const mixed = turned(e, turns[9]) ^ turned(e, turns[10]) ^ turned(e, turns[11]);
      const one = (h + mixed + ((e & f) ^ (~e & mask & g)) + constants[j] + words[j]) & mask;
      const other = (turned(a, turns[6]) ^ turned(a, turns[7]) ^ turned(a, turns[8])) + ((a & b) ^ (a & c) ^ (b & c));
      [a, b, c, d, e, f, g, h] = [(one + other) & mask, a, b, c, (d + one) & mask, e, f, g];
    }
    [a, b, c, d, e, f, g, h].forEach((value, index) => (state[index] = (state[index] + value) & mask));
  }
  return state.map((value) => value.toString(16).padStart(2 * word, "0")).join("");
}
