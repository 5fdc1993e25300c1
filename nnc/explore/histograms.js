// Histograms that fit into a page; those of nnc/explore/histograms.py.

/** Most bins of a histogram. */
const BINS = 48;

/** Count the levels of a tensor: `low`, the lowest; `step`, levels in a bin; `counts`; `zeros`, their share. */
export function describeLevels(levels) {
  if (!levels.length) return { low: 0, step: 1, counts: [], zeros: 0 };
  let [low, high, zeros] = [Infinity, -Infinity, 0];
  for (const level of levels) {
    if (level < low) low = level;
    if (level > high) high = level;
    if (level === 0) zeros++;
  }
  const step = Math.floor((high - low) / BINS) + 1;
  const counts = new Array(Math.floor((high - low) / step) + 1).fill(0);
  for (const level of levels) counts[Math.floor((level - low) / step)]++;
  return { low, step, counts, zeros: zeros / levels.length };
}

/** Count the values of a tensor in bins of one width; those that aren't finite are counted apart. */
export function describeValues(values) {
  let [number, total, low, high] = [0, 0, Infinity, -Infinity];
  for (const given of values) {
    const value = Number(given);
    if (!Number.isFinite(value)) continue;
    number++;
    total += value;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const lost = values.length - number;
  if (!number) return { low: 0, high: 0, counts: [], mean: 0, deviation: 0, not_finite: lost };
  const mean = total / number;
  const width = high - low;
  const isUniform = width === 0 || !Number.isFinite(width);
  const counts = new Array(isUniform ? 1 : BINS).fill(0);
  let squares = 0;
  for (const given of values) {
    const value = Number(given);
    if (!Number.isFinite(value)) continue;
    counts[isUniform ? 0 : Math.min(Math.floor((value - low) * (BINS / width)), BINS - 1)]++;
    squares += (value - mean) ** 2;
  }
  const known = (value) => (Number.isFinite(value) ? value : null);
  return { low, high, counts, mean: known(mean), deviation: known(Math.sqrt(squares / number)), not_finite: lost };
}
