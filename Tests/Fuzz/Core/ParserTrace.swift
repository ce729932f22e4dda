package import UploadCore

/// What the parser says of a body fed in pieces, with the data of a part joined, so that two splits compare equal.
package struct ParserTrace: Equatable {
    package enum Step: Equatable {
        case began(PartHeaders)
        case data([UInt8])
        case ended
        case finished
        case failed(MultipartError)
    }

    package private(set) var steps: [Step] = []
    private var repeatsItsError = true

    /// Feeds the body in pieces that end at these ascending offsets.
    package init(of body: [UInt8], boundary: MultipartBoundary, cuts: [Int] = []) {
        var parser = MultipartParser(boundary: boundary)
        do throws(MultipartError) {
            var start = 0
            for end in cuts + [body.count] {
                try feed(body[start..<end], to: &parser)
                start = end
            }
            note(try parser.finish())
        } catch {
            steps.append(.failed(error))
            repeatsItsError = Self.failure(of: &parser) == error
        }
    }

    /// What is wrong with the order of the events themselves; nil when nothing is.
    package var fault: String? {
        guard repeatsItsError else { return "a parser that has failed went on" }
        var inPart = false
        for (index, step) in steps.enumerated() {
            switch step {
            case .began where inPart: return "a part in a part"
            case .began: inPart = true
            case .data(let bytes) where !inPart || bytes.isEmpty: return "data out of place, or none"
            case .data: break
            case .ended where !inPart: return "an end without a part"
            case .ended: inPart = false
            case .finished where inPart || index != steps.count - 1: return "finished too early"
            case .finished: return nil
            case .failed: return index == steps.count - 1 ? nil : "events behind an error"
            }
        }
        return "neither finished nor failed"
    }

    private mutating func feed(
        _ piece: ArraySlice<UInt8>, to parser: inout MultipartParser
    ) throws(MultipartError) {
        // Memory of its own for each piece: a read past its end meets an allocator's red zone, not the next piece.
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: piece.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: piece)
        var input = UnsafeRawBufferPointer(memory)
        while let event = try parser.next(&input) { note(event) }
    }

    private mutating func note(_ event: MultipartEvent) {
        switch event {
        case .partBegan(let headers): steps.append(.began(headers))
        case .partEnded: steps.append(.ended)
        case .finished: steps.append(.finished)
        case .data(let bytes):
            if case .data(let before) = steps.last {
                steps[steps.count - 1] = .data(before + bytes)
            } else {
                steps.append(.data(Array(bytes)))
            }
        }
    }

    private static func failure(of parser: inout MultipartParser) -> MultipartError? {
        do throws(MultipartError) {
            _ = try parser.finish()
            return nil
        } catch {
            return error
        }
    }
}
