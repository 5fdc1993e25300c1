/** Values longer than this are cut where a message shows them. */
const LONGEST_VALUE = 60;

/**
 * Something is wrong with data that are read; all that the reader throws is of this type.
 *
 * `kind` is "invalid", "incomplete", "unsupported" or "missing value", `code` the fault, `path` the
 * element, `position` its place as `byte.bit` (behind a transform: of what), `value` what was found.
 */
export class BitstreamError extends Error {
  constructor(message, parts = {}) {
    super(message);
    this.name = "BitstreamError";
    this.kind = "invalid";
    this.reason = message;
    this.code = "";
    this.path = "";
    this.bitPosition = null;
    this.value = null;
    this.allowed = "";
    this.clause = "";
    this.schema = "";
    this.layer = "";
    Object.assign(this, parts);
    this.tell();
  }

  /** The position as `byte.bit`, "" where it isn't known. */
  get position() {
    if (this.bitPosition === null) return "";
    const place = `${Math.floor(this.bitPosition / 8)}.${this.bitPosition % 8}`;
    return this.layer ? `${place} of ${this.layer}` : place;
  }

  /** Put the message together again, once more is known of the place. */
  tell() {
    const place = [this.path, this.bitPosition === null ? "" : `at ${this.position}`];
    const before = place.filter(Boolean).join(", ");
    let text = (before && `${before}: `) + this.reason;
    if (this.value !== null && this.value !== undefined) {
      const shown = String(this.value);
      text += `, found ${shown.length > LONGEST_VALUE ? `${shown.slice(0, LONGEST_VALUE)}...` : shown}`;
    }
    if (this.allowed) text += ` (allowed: ${this.allowed})`;
    const sources = [this.clause && `clause ${this.clause}`, this.schema].filter(Boolean);
    this.message = sources.length ? `${text} [${sources.join(", ")}]` : text;
    return this;
  }
}

/** The data break a rule of the format. */
export class InvalidError extends BitstreamError {}

/** The data end before the syntax does; `missingBits` more are needed at least. */
export class IncompleteError extends BitstreamError {
  constructor(message, missingBits, parts = {}) {
    super(message, { kind: "incomplete", missingBits, ...parts });
  }
}

/** The format allows it, but it is beyond a limit that the caller can raise. */
export class LimitError extends BitstreamError {
  constructor(message, parts = {}) {
    super(message, { kind: "unsupported", ...parts });
  }
}

/** A value that only the caller can know was not given. */
export class MissingValueError extends BitstreamError {
  constructor(message, parts = {}) {
    super(message, { kind: "missing value", ...parts });
  }
}
