/// The boundary of a multipart/form-data body.
package struct MultipartBoundary: Equatable, Sendable {
    /// 1 to 70 characters of RFC 2046's `bchars`, the last one no space.
    package let text: String

    /// Reads the boundary from a Content-Type, quoted or not.
    ///
    /// - Throws: `.notFormData` for another type or none, `.badBoundary` for a boundary that RFC 2046 section 5.1.1
    ///   does not allow. Unquoted text may hold every boundary character but the space, as many clients send `=` or
    ///   `:` unquoted.
    package init(contentType: String?) throws(MultipartError) {
        guard let contentType else { throw .notFormData }
        guard let header = HeaderParameters(contentType) else {
            let type = contentType.prefix { $0 != ";" }.lowercased()
            throw type.hasPrefix("multipart/form-data") ? .badBoundary : .notFormData
        }
        guard header.value == "multipart/form-data" else { throw .notFormData }
        guard let text = header.parameters["boundary"], (1...70).contains(text.utf8.count),
            text.utf8.allSatisfy(Self.isAllowed), !text.hasSuffix(" ")
        else { throw .badBoundary }
        self.text = text
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "'()+_,-./:=? ".utf8.contains(byte)
        }
    }
}
