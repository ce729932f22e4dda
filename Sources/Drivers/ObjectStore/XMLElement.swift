/// One element of a small XML document, as S3 answers with them.
///
/// Reads what such answers hold: elements, text, the five named and all numeric entities, CDATA, comments and
/// processing instructions. Attributes and namespaces are skipped. Document types, which could define entities, are
/// refused, and so is anything that is not well-formed or nested deeper than 32.
package struct XMLElement: Equatable {
    package let name: String
    /// All text directly inside, joined.
    package private(set) var text = ""
    package private(set) var children: [XMLElement] = []

    private init(name: String) { self.name = name }

    /// The root of the document; nil when the bytes are not well-formed.
    package init?(parsing bytes: [UInt8]) {
        var scanner = Scanner(bytes: bytes)
        guard let root = scanner.document() else { return nil }
        self = root
    }

    /// The first child of this name.
    package subscript(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    private struct Scanner {
        let bytes: [UInt8]
        var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func document() -> XMLElement? {
            _ = take("\u{FEFF}")
            guard skipMisc(), take("<"), let root = element(depth: 0), skipMisc(), position == bytes.count else {
                return nil
            }
            return root
        }

        /// Reads an element whose `<` was taken.
        private mutating func element(depth: Int) -> XMLElement? {
            guard depth < 32, let name = name(), let isEmpty = attributes() else { return nil }
            var element = XMLElement(name: name)
            var text: [UInt8] = []
            while !isEmpty {
                guard let byte = peek() else { return nil }
                if byte == UInt8(ascii: "&") {
                    guard let scalar = entity() else { return nil }
                    text += Array(String(scalar).utf8)
                } else if byte != UInt8(ascii: "<") {
                    text.append(byte)
                    position += 1
                } else if take("</") {
                    guard self.name() == name, skipBlanks(), take(">") else { return nil }
                    break
                } else if take("<![CDATA[") {
                    guard let data = upTo("]]>") else { return nil }
                    text += data
                } else if take("<!--") {
                    guard upTo("-->") != nil else { return nil }
                } else if take("<?") {
                    guard upTo("?>") != nil else { return nil }
                } else if take("<") {
                    guard let child = self.element(depth: depth + 1) else { return nil }
                    element.children.append(child)
                }
            }
            guard let text = String(validating: text, as: UTF8.self) else { return nil }
            element.text = text
            return element
        }

        /// Skips attributes to the end of the tag; whether it closed itself, nil when malformed.
        private mutating func attributes() -> Bool? {
            while true {
                let blanks = position
                guard skipBlanks() else { return nil }
                if take("/>") { return true }
                if take(">") { return false }
                guard position > blanks, name() != nil, skipBlanks(), take("="), skipBlanks() else { return nil }
                guard let quote = peek(), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
                position += 1
                guard let end = bytes[position...].firstIndex(of: quote),
                    !bytes[position..<end].contains(UInt8(ascii: "<"))
                else { return nil }
                position = end + 1
            }
        }

        private mutating func name() -> String? {
            let start = position
            while let byte = peek(), byte > 32, !"<>/=&;'\"!?".utf8.contains(byte) { position += 1 }
            return start == position ? nil : String(validating: bytes[start..<position], as: UTF8.self)
        }

        private mutating func entity() -> Unicode.Scalar? {
            position += 1
            guard let end = bytes[position...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { return nil }
            let name = String(decoding: bytes[position..<end], as: UTF8.self)
            position = end + 1
            switch name {
            case "lt": return "<"
            case "gt": return ">"
            case "amp": return "&"
            case "quot": return "\""
            case "apos": return "'"
            default:
                guard name.hasPrefix("#") else { return nil }
                let number =
                    name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : UInt32(name.dropFirst(), radix: 10)
                return number.flatMap { Unicode.Scalar($0) }
            }
        }

        /// Blanks, comments and processing instructions outside the root.
        private mutating func skipMisc() -> Bool {
            while true {
                guard skipBlanks() else { return false }
                if take("<?") {
                    guard upTo("?>") != nil else { return false }
                } else if take("<!--") {
                    guard upTo("-->") != nil else { return false }
                } else {
                    return true
                }
            }
        }

        /// Always true, to stand in a chain of conditions.
        private mutating func skipBlanks() -> Bool {
            while let byte = peek(), byte == 32 || byte == 9 || byte == 10 || byte == 13 { position += 1 }
            return true
        }

        /// The bytes before the mark, which is taken too; nil when it does not come.
        private mutating func upTo(_ mark: String) -> ArraySlice<UInt8>? {
            guard let end = bytes[position...].firstRange(of: Array(mark.utf8)) else { return nil }
            defer { position = end.upperBound }
            return bytes[position..<end.lowerBound]
        }

        private mutating func take(_ text: String) -> Bool {
            guard bytes[position...].starts(with: text.utf8) else { return false }
            position += text.utf8.count
            return true
        }

        private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }
    }
}
