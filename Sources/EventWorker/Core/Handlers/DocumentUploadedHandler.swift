package import Contract
package import Domain

/// A document was uploaded: verifies that its object is there in full, then has it inspected, unless it was for another
/// document.
package struct DocumentUploadedHandler: EventHandler {
    private let files: FileLook

    package init(files: FileLook) { self.files = files }

    package var type: EventType { .documentUploaded }
    package var sharesTransaction: Bool { true }

    package func act(on event: Event) throws(ErrorAnswer) { _ = try event.file() }

    package func record(_ event: Event, in home: EventHome) throws(ErrorAnswer) {
        try files.take(event, in: home, anew: false) { file throws(ErrorAnswer) in
            guard let size = try files.objects.size(key: file.key) else { return "the object is missing" }
            return size == file.size ? nil : "the object has \(size) bytes, not \(file.size)"
        }
    }
}
