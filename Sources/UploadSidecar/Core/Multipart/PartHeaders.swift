/// The headers of one part, read and checked.
package struct PartHeaders: Equatable, Sendable {
    /// One header line.
    package struct Field: Equatable, Sendable {
        /// Lower-cased.
        package let name: String
        /// Without blanks around it, folded lines joined by a space.
        package let value: String
    }

    /// The form field's name.
    package let name: String
    /// The file's name as sent, path and all; nil when the part has none.
    package let filename: String?
    /// The part's Content-Type as sent.
    package let contentType: String?
    /// Every header of the part, in order.
    package let fields: [Field]

    /// The value of the first header of this lower-case name.
    package subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    /// Reads a header block: lines each ended by CRLF, without the empty line that ends the block.
    ///
    /// - Parameter boundaryLine: `--` and the boundary; no header line may start with it.
    init(block: [UInt8], boundaryLine: UnsafeRawBufferPointer) throws(MultipartError) {
        let fields = try Self.fields(of: block, boundaryLine: boundaryLine)
        for name in ["content-disposition", "content-type", "content-transfer-encoding"] {
            guard fields.count(where: { $0.name == name }) <= 1 else { throw .duplicateHeader }
        }
        self.fields = fields
        func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }

        guard let text = value("content-disposition") else { throw .dispositionMissing }
        let disposition = try ContentDisposition(text)
        name = disposition.name
        filename = disposition.filename
        contentType = value("content-type")
        if let contentType, contentType.lowercased().hasPrefix("multipart/") { throw .nestedMultipart }
        switch value("content-transfer-encoding")?.lowercased() {
        case nil, "binary", "8bit", "7bit": break
        default: throw .encodedPart
        }
    }

    private static func fields(
        of block: [UInt8], boundaryLine: UnsafeRawBufferPointer
    ) throws(MultipartError) -> [Field] {
        var fields: [Field] = []
        var rest = block[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = rest[..<end].dropLast()  // the CR; the parser has checked that it is there
            rest = rest[(end + 1)...]
            guard !line.starts(with: boundaryLine), !line.contains(where: isControl),
                let text = String(validating: line, as: UTF8.self)
            else { throw .malformedHeader }
            if let first = line.first, HeaderParameters.isBlank(first) {
                guard let last = fields.popLast() else { throw .malformedHeader }
                fields.append(Field(name: last.name, value: trimmed(last.value + " " + trimmed(text))))
                continue
            }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
                line[..<colon].allSatisfy(HeaderParameters.isToken)
            else { throw .malformedHeader }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            fields.append(Field(name: name, value: trimmed(String(decoding: line[(colon + 1)...], as: UTF8.self))))
        }
        return fields
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != UInt8(ascii: "\t") || byte == 0x7F }

    private static func trimmed(_ text: String) -> String {
        var bytes = Substring(text).utf8.drop(while: HeaderParameters.isBlank)
        while let last = bytes.last, HeaderParameters.isBlank(last) { bytes.removeLast() }
        return String(Substring(bytes))
    }
}
