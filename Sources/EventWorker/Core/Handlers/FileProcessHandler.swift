package import Contract
package import Domain

/// A file is to be processed: reads its object, compares size and SHA-256 with what was stored, and has it inspected anew.
package struct FileProcessHandler: EventHandler {
    private let files: FileLook

    package init(files: FileLook) { self.files = files }

    package var type: EventType { .fileProcess }

    package func act(on event: Event) throws(ErrorAnswer) { _ = try event.file() }

    package func record(_ event: Event, in home: EventHome) throws(ErrorAnswer) {
        try files.take(event, in: home, anew: true) { file throws(ErrorAnswer) in
            guard let content = try files.objects.fingerprint(key: file.key) else { return "the object is missing" }
            return content.size == file.size && content.sha256 == file.sha256 ? nil : "the object's content is damaged"
        }
    }
}
