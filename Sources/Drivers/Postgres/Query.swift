/// One SQL statement made of literals and typed binds: `"SELECT id FROM users WHERE email = \(email)"`.
///
/// Every interpolated value becomes a parameter `$1`, `$2` …, sent apart from the text. A runtime string cannot become
/// SQL: literals are `StaticString`, and that does not compile. The server infers the parameters' types; cast where it
/// cannot (`\(id)::uuid`).
package struct Query: ExpressibleByStringInterpolation, Sendable {
    fileprivate enum Part: Sendable {
        case literal(StaticString)
        case identifier(SQLIdentifier)
        case number(Int)
        case bind
    }

    /// What the text is made of: queries of one shape have one text. Cheaper to compare and to hash than the text, as a
    /// literal is known by its place in memory; so one text may have several shapes.
    struct Shape: Hashable, Sendable {
        fileprivate let parts: [Part]
    }

    private var parts: [Part]
    /// The parameters in text format, in order; nil is NULL.
    package private(set) var binds: [String?]
    /// For how long a plan of it may be kept; nil for as long as the server likes, zero for one run.
    private(set) var planLifetime: Duration?
    /// Whether results are to come in binary.
    private(set) var isBinary = false

    package init(stringLiteral literal: StaticString) {
        parts = [.literal(literal)]
        binds = []
    }

    package init(stringInterpolation interpolation: StringInterpolation) {
        parts = interpolation.parts
        binds = interpolation.binds
    }

    /// Collects the parts of a literal.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var parts: [Part] = []
        fileprivate var binds: [String?] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            parts.reserveCapacity(interpolationCount * 2 + 1)
            binds.reserveCapacity(interpolationCount)
        }

        package mutating func appendLiteral(_ literal: StaticString) {
            if literal.utf8CodeUnitCount > 0 { parts.append(.literal(literal)) }
        }

        /// A value, sent as a parameter.
        package mutating func appendInterpolation(_ value: some PostgresEncodable) {
            parts.append(.bind)
            binds.append(value.postgresText)
        }

        /// A value or NULL, sent as a parameter.
        package mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            parts.append(.bind)
            binds.append(value?.postgresText)
        }

        /// A name, written into the text in double quotes.
        package mutating func appendInterpolation(identifier: SQLIdentifier) {
            parts.append(.identifier(identifier))
        }

        /// A number, written into the text: the server plans by it. For one of few values only, as each makes a statement
        /// of its own.
        package mutating func appendInterpolation(literal number: Int) { parts.append(.number(number)) }
    }

    /// The same statement, planned by the tables as they are now or were a moment ago: at each run, or kept prepared for
    /// the lifetime at most.
    ///
    /// For tables that are empty at one time and hold thousands of rows a minute later: a kept plan stays the one for
    /// the empty table until the server next looks at it, and may read all rows for each row. A statement that is kept
    /// should cost no more by the server's estimate when its parameters are unknown than when they are known: else the
    /// server plans each run all the same (choose_custom_plan in its plancache.c).
    package func plannedAnew(after lifetime: Duration = .zero) -> Query {
        var query = self
        query.planLifetime = lifetime
        return query
    }

    /// The same statement with results in the binary format, which costs server and reader less than text where many
    /// ids and times come. For columns of types that can be read from it (`PostgresDecodable`).
    package func inBinary() -> Query {
        var query = self
        query.isBinary = true
        return query
    }

    /// Joins two pieces as they are (mind the space between), with the second's parameters numbered on.
    package static func + (a: Query, b: Query) -> Query {
        var joined = a
        joined += b
        return joined
    }

    package static func += (a: inout Query, b: Query) {
        a.parts += b.parts
        a.binds += b.binds
    }

    var shape: Shape { Shape(parts: parts) }

    /// The statement as it is sent, with `$1`, `$2` … for the binds.
    package var text: String {
        // A placeholder is at most 6 bytes: the protocol's limit is 65,535 parameters.
        let capacity = parts.reduce(0) { size, part in
            switch part {
            case .literal(let literal): size + literal.utf8CodeUnitCount
            case .identifier(let identifier): size + identifier.name.utf8.count + 2
            case .number: size + 20
            case .bind: size + 6
            }
        }
        return String(unsafeUninitializedCapacity: capacity) { buffer in
            var position = 0
            var number = 0
            func put(_ bytes: some Sequence<UInt8>) {
                for byte in bytes {
                    buffer[position] = byte
                    position += 1
                }
            }
            for part in parts {
                switch part {
                case .literal(let literal):
                    literal.withUTF8Buffer { bytes in
                        _ = UnsafeMutableBufferPointer(rebasing: buffer[position...]).update(from: bytes)
                        position += bytes.count
                    }
                case .identifier(let identifier):
                    put(CollectionOfOne(UInt8(ascii: "\"")))
                    put(identifier.name.utf8)
                    put(CollectionOfOne(UInt8(ascii: "\"")))
                case .number(let value): put(String(value).utf8)
                case .bind:
                    number += 1
                    put(CollectionOfOne(UInt8(ascii: "$")))
                    put(String(number).utf8)
                }
            }
            return position
        }
    }

    /// Whether it begins as a query does; another may change something.
    package var isSelect: Bool {
        guard case .literal(let literal) = parts.first else { return false }
        return literal.withUTF8Buffer { $0.starts(with: "SELECT".utf8) }
    }

    /// True when the text comes from the source alone, so that it is worth keeping prepared.
    var isReusable: Bool {
        planLifetime != .zero
            && parts.allSatisfy { part in
                if case .identifier = part { false } else { true }
            }
    }
}

extension Query.Part: Hashable {
    static func == (a: Self, b: Self) -> Bool {
        switch (a, b) {
        case (.literal(let a), .literal(let b)): a.place == b.place
        case (.identifier(let a), .identifier(let b)): a.name == b.name
        case (.number(let a), .number(let b)): a == b
        case (.bind, .bind): true
        default: false
        }
    }

    func hash(into hasher: inout Hasher) {
        switch self {
        case .literal(let literal): hasher.combine(literal.place)
        case .identifier(let identifier): hasher.combine(identifier.name)
        case .number(let number): hasher.combine(number)
        case .bind: hasher.combine(0)
        }
    }
}

extension StaticString {
    /// Where the text lies and ends; for a text of one character that is kept in the value itself, that.
    fileprivate var place: Range<UInt> {
        guard hasPointerRepresentation else { return 0..<UInt(unicodeScalar.value) }
        let start = UInt(bitPattern: utf8Start)
        return start..<start + UInt(utf8CodeUnitCount)
    }
}
