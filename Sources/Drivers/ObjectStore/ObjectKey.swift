/// The form of an object's key, the same for every store.
///
/// 1 to 1024 characters: segments joined by single slashes, each 1 to 255 of `A-Z a-z 0-9 . _ -` and not starting
/// with a dot. So a key is safe as a path below a root, needs no escape in a URL, and can be neither `..` nor one of
/// a store's own hidden names.
package enum ObjectKey {
    /// Whether the text is a key.
    package static func isValid(_ key: some StringProtocol) -> Bool {
        (1...1024).contains(key.utf8.count)
            && Substring(key).utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
                .allSatisfy { isValidSegment(Substring($0)) }
    }

    /// Whether the text can stand between two slashes of a key.
    static func isValidSegment(_ segment: some StringProtocol) -> Bool {
        (1...255).contains(segment.utf8.count) && segment.utf8.first != UInt8(ascii: ".")
            && segment.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// - Throws: `.refused` when the text is no key.
    static func check(_ key: String) throws(ObjectStoreError) {
        guard isValid(key) else { throw .refused("the key is malformed") }
    }
}
