package import Base
package import Contract
package import Domain

/// The number of a PDF's pages, by Poppler's pdfinfo, and an image's size, by file(1): tools that read no more than they
/// must, in processes of their own.
package struct MetadataInspector: FileInspector {
    private let objects: any ObjectLocator
    private let directory: String
    private let pdfinfo: String?
    private let file: String?
    private let log: Log

    private static let patience: Duration = .seconds(5)
    /// file(1) looks no further.
    private static let imageHeadBytes: Int64 = 1 << 20
    private static let largestDocument: Int64 = 64 << 20
    private static let images: Set<String> = ["image/png", "image/jpeg", "image/gif", "image/webp"]

    /// - Parameter directory: where a file's bytes lie while they are looked at.
    package init(objects: any ObjectLocator, directory: String, log: Log) {
        self.objects = objects
        self.directory = directory
        self.log = log
        pdfinfo = ChildProcess.path(of: "pdfinfo")
        file = ChildProcess.path(of: "file")
    }

    /// The tools that are not installed: their kinds of files are not looked at.
    package var missingTools: [String] {
        [pdfinfo == nil ? "pdfinfo" : nil, file == nil ? "file" : nil].compactMap { $0 }
    }

    package func isWanted(for stored: StoredFile) -> Bool {
        guard stored.inspection == nil else { return false }
        if Self.images.contains(stored.sniffedType.text) { return file != nil }
        return stored.sniffedType.text == "application/pdf" && pdfinfo != nil && stored.size <= Self.largestDocument
    }

    package func inspect(
        _ stored: StoredFile, of tenant: TenantID, into inspection: inout FileInspection,
        deadline: ContinuousClock.Instant
    ) throws(ErrorAnswer) {
        inspection.pageCount = nil
        inspection.imageWidth = nil
        inspection.imageHeight = nil
        if Self.images.contains(stored.sniffedType.text) {
            guard let file, let text = try run([file, "--brief", "-"], on: stored, Self.imageHeadBytes, deadline) else {
                return
            }
            let size = ImageSize(fileOutput: text)
            inspection.imageWidth = size?.width
            inspection.imageHeight = size?.height
        } else {
            guard let pdfinfo, let text = try run([pdfinfo, "/dev/stdin"], on: stored, .max, deadline) else { return }
            inspection.pageCount = PageCount.read(pdfinfoOutput: text)
        }
    }

    /// What the tool printed; nil when it could make nothing of the file, or not within its limits.
    private func run(
        _ command: [String], on stored: StoredFile, _ limit: Int64, _ deadline: ContinuousClock.Instant
    ) throws(ErrorAnswer) -> String? {
        let spooled: SpooledObject?
        do throws(ErrorAnswer) {
            spooled = try SpooledObject(stored.key, from: objects, limit: limit, in: directory)
        } catch  where error.code == .serviceUnavailable {
            // A nicety must not hold up what the event is for.
            log.warning("metadata cannot be read", ["error.cause": .text(error.cause ?? "")])
            return nil
        }
        guard let spooled else { return nil }
        let (end, output) = withExtendedLifetime(spooled) {
            ChildProcess(command: command).run(
                input: spooled.descriptor, deadline: min(deadline, .now + Self.patience))
        }
        guard end == .exited(0) else {
            log.info(
                "a file's metadata is not to be had",
                ["file.id": .text(stored.id.description), "tool.end": .text("\(end)")])
            return nil
        }
        return String(decoding: output, as: UTF8.self)
    }
}
