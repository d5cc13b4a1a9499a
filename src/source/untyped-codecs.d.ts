declare module 'lz4js' {
  /** Decompresses an LZ4 frame. Throws when it is not one. */
  export function decompress(frame: Uint8Array): Uint8Array
  export function compress(bytes: Uint8Array): Uint8Array
}

declare module 'snappyjs' {
  /** Decompresses a raw Snappy block. Throws when it is not one. */
  export function uncompress(block: Buffer): Buffer
  export function compress(bytes: Buffer): Buffer
}
