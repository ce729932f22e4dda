import Glibc

/// A multipart/form-data body read piece by piece, split anywhere: bytes in, events out (RFC 7578, RFC 2046).
///
/// A pure state machine: no I/O, no clock, no copy of part data. Every line that starts with `--` and the boundary is
/// a delimiter, the first line of a part's data included; if it is malformed the body is refused, never guessed at.
/// Line ends outside of data are CRLF. Preamble and epilogue are ignored. A form without parts is valid.
package struct MultipartParser: ~Copyable {
    /// Most parts of a form.
    package static let maxParts = 64
    /// Most bytes of one part's headers, their line ends and the rest of the delimiter line included.
    package static let maxHeaderBytes = 8192

    private enum State {
        /// Before the first delimiter.
        case preamble
        /// In a part's data.
        case data
        /// Right behind the boundary of a delimiter line.
        case delimiterEnd
        /// Behind the first dash of a closing delimiter.
        case closingDash
        /// In the blanks that may end a delimiter line (RFC 2046 "transport padding").
        case padding
        /// Behind the CR of a delimiter line.
        case delimiterReturn
        /// In a part's headers.
        case headers
        /// Behind the closing delimiter, on its line.
        case closed
        /// Behind the CR of the closing delimiter's line.
        case closedReturn
        /// Behind the closing delimiter's line.
        case epilogue
        case failed(MultipartError)
    }

    private var state = State.preamble
    private let delimiter: Delimiter
    /// How many bytes of the delimiter the input has ended with so far; they are held back.
    private var matched = 2
    /// How many of those are not data: the start of the body and the empty line after headers count as a CRLF.
    private var virtual = 2
    private var parts = 0
    private var headerBytes = 0
    private var headerBlock: [UInt8] = []
    private var lineStart = 0

    package init(boundary: MultipartBoundary) { delimiter = Delimiter(boundary) }

    /// Takes bytes from the front of `input` up to the next event; nil when all were taken without one.
    ///
    /// - Throws: the first error, and the same one on every later call.
    package mutating func next(_ input: inout UnsafeRawBufferPointer) throws(MultipartError) -> MultipartEvent? {
        do throws(MultipartError) {
            while !input.isEmpty {
                if let event = try step(&input) { return event }
            }
            return nil
        } catch {
            state = .failed(error)
            throw error
        }
    }

    /// Tells the end of the body; returns `.finished`.
    ///
    /// - Throws: `.noDelimiter` or `.unterminated` when the form is not complete, or the error met before.
    package mutating func finish() throws(MultipartError) -> MultipartEvent {
        switch state {
        case .closed, .epilogue: return .finished
        case .preamble: throw .noDelimiter
        case .failed(let error): throw error
        default: throw .unterminated
        }
    }

    private mutating func step(_ input: inout UnsafeRawBufferPointer) throws(MultipartError) -> MultipartEvent? {
        switch state {
        case .preamble, .data: return scan(&input)
        case .headers: return try takeHeaders(&input)
        case .epilogue: drop(input.count, from: &input)
        case .failed(let error): throw error
        default: try takeDelimiterByte(&input)
        }
        return nil
    }

    // MARK: Data

    private mutating func scan(_ input: inout UnsafeRawBufferPointer) -> MultipartEvent? {
        if matched > 0 {
            guard delimiter.matches(input, from: matched) else { return releaseHeldBytes() }
            let taken = min(input.count, delimiter.bytes.count - matched)
            drop(taken, from: &input)
            matched += taken
            return matched == delimiter.bytes.count ? passDelimiter() : nil
        }
        if let offset = delimiter.firstMatch(in: input) {
            if offset > 0 { return data(drop(offset, from: &input)) }
            drop(delimiter.bytes.count, from: &input)
            return passDelimiter()
        }
        matched = delimiter.partialMatch(atEndOf: input)
        let text = drop(input.count, from: &input)
        return data(UnsafeRawBufferPointer(rebasing: text.dropLast(matched)))
    }

    /// The bytes held back were no delimiter after all: they are data, and equal the delimiter's own first bytes.
    private mutating func releaseHeldBytes() -> MultipartEvent? {
        let held = UnsafeRawBufferPointer(rebasing: delimiter.bytes[virtual..<matched])
        matched = 0
        virtual = 0
        return data(held)
    }

    private func data(_ bytes: UnsafeRawBufferPointer) -> MultipartEvent? {
        if case .data = state, !bytes.isEmpty { return .data(bytes) }
        return nil
    }

    private mutating func passDelimiter() -> MultipartEvent? {
        defer {
            state = .delimiterEnd
            matched = 0
            headerBytes = 0
        }
        if case .data = state { return .partEnded }
        return nil
    }

    // MARK: Delimiter lines

    private mutating func takeDelimiterByte(_ input: inout UnsafeRawBufferPointer) throws(MultipartError) {
        let byte = input[0]
        drop(1, from: &input)
        try countHeaderBytes(1)
        switch (state, byte) {
        case (.delimiterEnd, UInt8(ascii: "-")): state = .closingDash
        case (.closingDash, UInt8(ascii: "-")): state = .closed
        case (.delimiterEnd, UInt8(ascii: "\r")), (.padding, UInt8(ascii: "\r")): state = .delimiterReturn
        case (.delimiterEnd, UInt8(ascii: " ")), (.delimiterEnd, UInt8(ascii: "\t")): state = .padding
        case (.padding, UInt8(ascii: " ")), (.padding, UInt8(ascii: "\t")): break
        case (.closed, UInt8(ascii: " ")), (.closed, UInt8(ascii: "\t")): break
        case (.closed, UInt8(ascii: "\r")): state = .closedReturn
        case (.closedReturn, UInt8(ascii: "\n")): state = .epilogue
        case (.delimiterReturn, UInt8(ascii: "\n")): try beginPart()
        case (.delimiterEnd, UInt8(ascii: "\n")), (.padding, UInt8(ascii: "\n")), (.closed, UInt8(ascii: "\n")):
            throw .bareLineFeed
        default: throw .badDelimiterLine
        }
    }

    private mutating func beginPart() throws(MultipartError) {
        parts += 1
        guard parts <= Self.maxParts else { throw .tooManyParts }
        headerBlock.removeAll(keepingCapacity: true)
        lineStart = 0
        state = .headers
    }

    // MARK: Headers

    /// Takes one header line or what there is of it; an event when that was the empty line.
    private mutating func takeHeaders(_ input: inout UnsafeRawBufferPointer) throws(MultipartError) -> MultipartEvent? {
        let room = input.prefix(Self.maxHeaderBytes - headerBytes + 1)
        let newline = room.firstIndex(of: UInt8(ascii: "\n"))
        let taken = drop(newline.map { $0 + 1 } ?? room.count, from: &input)
        try countHeaderBytes(taken.count)
        headerBlock.append(contentsOf: taken)
        guard newline != nil else { return nil }

        let line = headerBlock[lineStart...]
        guard line.dropLast().last == UInt8(ascii: "\r") else { throw .bareLineFeed }
        guard line.count == 2 else {
            lineStart = headerBlock.count
            return nil
        }
        headerBlock.removeLast(2)
        let boundaryLine = UnsafeRawBufferPointer(rebasing: delimiter.bytes.dropFirst(2))
        let headers = try PartHeaders(block: headerBlock, boundaryLine: boundaryLine)
        state = .data
        matched = 2
        virtual = 2
        return .partBegan(headers)
    }

    private mutating func countHeaderBytes(_ count: Int) throws(MultipartError) {
        headerBytes += count
        guard headerBytes <= Self.maxHeaderBytes else { throw .headersTooLarge }
    }

    @discardableResult
    private func drop(_ count: Int, from input: inout UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let taken = UnsafeRawBufferPointer(rebasing: input.prefix(count))
        input = UnsafeRawBufferPointer(rebasing: input.dropFirst(count))
        return taken
    }
}
