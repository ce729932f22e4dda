import MultipartFuzz
import UploadCore

extension ParserTrace {
    /// The trace of a body with this boundary, fed in pieces that end at these offsets.
    init(of body: [UInt8], boundary: String, cuts: [Int] = []) throws {
        self.init(of: body, boundary: try MultipartBoundary(contentType: contentType(boundary)), cuts: cuts)
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
