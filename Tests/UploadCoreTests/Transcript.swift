import UploadCore

/// What a parser says of a body, with the data of a part joined, so that two ways of splitting it compare equal.
struct Transcript: Equatable {
    enum Step: Equatable {
        case began(PartHeaders)
        case data([UInt8])
        case ended
        case finished
        case failed(MultipartError)
    }

    private(set) var steps: [Step] = []

    /// Feeds the body in pieces that end at these offsets.
    init(of body: [UInt8], boundary: String, cuts: [Int]) throws {
        var parser = MultipartParser(boundary: try MultipartBoundary(contentType: contentType(boundary)))
        do throws(MultipartError) {
            var start = 0
            for end in cuts + [body.count] {
                try feed(Array(body[start..<end]), to: &parser)
                start = end
            }
            note(try parser.finish())
        } catch {
            steps.append(.failed(error))
        }
    }

    private mutating func feed(_ piece: [UInt8], to parser: inout MultipartParser) throws(MultipartError) {
        // Memory of its own for each piece, so that a read past its end is seen by the sanitizers.
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

    /// The error it ended with.
    var failure: MultipartError? { if case .failed(let error) = steps.last { error } else { nil } }

    /// The parts' names and data, when it finished well.
    var parts: [Part]? {
        guard steps.last == .finished else { return nil }
        var parts: [Part] = []
        for step in steps {
            switch step {
            case .began(let headers): parts.append(Part(name: headers.name, filename: headers.filename, data: []))
            case .data(let bytes): parts[parts.count - 1].data = bytes
            default: break
            }
        }
        return parts
    }

    struct Part: Equatable {
        var name: String
        var filename: String?
        var data: [UInt8]
    }
}

/// The Content-Type of a form with this boundary.
func contentType(_ boundary: String) -> String { "multipart/form-data; boundary=\"\(boundary)\"" }
