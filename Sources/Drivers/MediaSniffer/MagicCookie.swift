import CMagic

/// One libmagic handle with its database loaded. A handle serves one thread at a time.
final class MagicCookie: @unchecked Sendable {  // Sniffer lends it to one thread at a time
    private let handle: magic_t

    /// Loads the system's database, about 10 ms the first time; nil when libmagic cannot.
    init?(prefixBytes: Int) {
        guard let handle = magic_open(MAGIC_MIME_TYPE) else { return nil }
        var limit = prefixBytes
        guard magic_load(handle, nil) == 0, magic_setparam(handle, MAGIC_PARAM_BYTES_MAX, &limit) == 0 else {
            magic_close(handle)
            return nil
        }
        self.handle = handle
    }

    deinit { magic_close(handle) }

    /// What libmagic says of the bytes, copied out of the handle; nil when it fails.
    func mediaType(of bytes: UnsafeRawBufferPointer) -> String? {
        magic_buffer(handle, bytes.baseAddress, bytes.count).map { String(cString: $0) }
    }
}
