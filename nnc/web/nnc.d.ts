/** Decodes ISO/IEC 15938-17 (Neural Network Coding) bitstreams; all that is thrown about one is a BitstreamError. */

/** Values of a tensor; float16, bfloat16 and float8 stand in a Float32Array, complex numbers as pairs. */
export type Values =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

export interface Tensor {
  /** Its dimensions, the last of which is contiguous. */
  shape: number[];
  /** The type as NumPy calls it: "float32", "int8", "bfloat16" ... */
  dtype: string;
  values: Values;
}

export type Bytes = ArrayBuffer | ArrayBufferView;

export interface DecodeOptions {
  /** Put layers together from their parts: factors, local scaling, folded batch norms. Default true. */
  reconstruct?: boolean;
  /** tensor_dimensions by name, where the bitstream leaves them out. */
  dimensions?: Record<string, number[]>;
  /** cabac_unary_length_minus1 for all tensors or by name, where the bitstream leaves it out. */
  cabacUnaryLengthMinus1?: number | Record<string, number>;
}

export interface UpdateOptions extends DecodeOptions {
  /** Return the whole model after the update; false: only what the bitstream says. Default true. */
  apply?: boolean;
}

/** Decode a bitstream; of an update the differences are given back. */
export function decode(data: Bytes, options?: DecodeOptions): Map<string, Tensor>;

/** Decode the levels of all entropy coded tensors. */
export function decodeLevels(data: Bytes, options?: DecodeOptions): Map<string, Tensor>;

/** Decodes the bitstreams of a session in order: a base model, then updates of it. */
export class Decoder {
  constructor(base?: Map<string, Tensor> | Record<string, Tensor> | null, options?: { baseDepth?: number });
  /** Decode the next bitstream. One that fails leaves the session as it was. */
  decode(data: Bytes, options?: UpdateOptions): Map<string, Tensor>;
  /** Take bytes of the next bitstream as they arrive; return the names of the tensors decoded by them. */
  push(data: Bytes, options?: DecodeOptions): string[];
  /** End the bitstream whose bytes were pushed. */
  finish(options?: UpdateOptions): Map<string, Tensor>;
  /** Return all tensors as they are now. */
  tensors(device?: number): Map<string, Tensor>;
  /** Return a session at the same state, which goes on without this one. */
  copy(): Decoder;
}

/** Something is wrong with a bitstream. */
export class BitstreamError extends Error {
  kind: "invalid" | "incomplete" | "unsupported" | "missing value";
  /** What kind of fault it is, as Python's errors have it; "" where none is set. */
  code: string;
  /** Syntax path of the element. */
  path: string;
  /** Its place as byte.bit, "" where it isn't known. */
  readonly position: string;
  bitPosition: number | null;
  value: unknown;
  allowed: string;
  clause: string;
  schema: string;
}
export class InvalidError extends BitstreamError {}
export class IncompleteError extends BitstreamError {
  missingBits: number;
}
export class LimitError extends BitstreamError {}
export class MissingValueError extends BitstreamError {}
