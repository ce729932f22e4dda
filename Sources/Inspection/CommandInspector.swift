package import Base
package import Contract
package import Domain
import Glibc

/// A step that an installation adds: a command that gets images and PDFs on its standard input, such as one that makes
/// thumbnails or reads text.
///
/// It runs in an empty directory that is removed after it, with TENANT_ID, FILE_ID, OBJECT_KEY and MEDIA_TYPE in its
/// environment. Exit code 75 (EX_TEMPFAIL of sysexits.h) asks for another try; any other failure is logged and final.
package struct CommandInspector: FileInspector {
    private let name: String
    private let command: [String]
    private let objects: any ObjectLocator
    private let directory: String
    private let log: Log

    private static let patience: Duration = .seconds(15)
    private static let limits = ChildProcess.Limits(
        cpuSeconds: 15, memoryBytes: 1 << 30, fileBytes: 256 << 20, outputBytes: 1 << 20)
    private static let tryAgain: Int32 = 75

    /// - Parameters:
    ///   - name: of the step, for the log.
    ///   - command: a program and its arguments.
    package init(name: String, command: [String], objects: any ObjectLocator, directory: String, log: Log) {
        self.name = name
        self.command = command
        self.objects = objects
        self.directory = directory
        self.log = log
    }

    package func isWanted(for file: StoredFile) -> Bool {
        file.inspection == nil
            && (file.sniffedType.text.hasPrefix("image/") || file.sniffedType.text == "application/pdf")
    }

    /// - Throws: `.serviceUnavailable` when there is no room for the file; `.internalError` when the command asks for
    ///   another try.
    package func inspect(
        _ file: StoredFile, of tenant: TenantID, into inspection: inout FileInspection,
        deadline: ContinuousClock.Instant
    ) throws(ErrorAnswer) {
        guard let spooled = try SpooledObject(file.key, from: objects, in: directory) else { return }
        var template = Array("\(directory)/saas-step-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ErrorAnswer(.serviceUnavailable, cause: "no directory can be made in \(directory): INSPECTION_DIR")
        }
        let place = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { Self.remove(place) }
        let child = ChildProcess(
            command: command, limits: Self.limits,
            variables: [
                "HOME=\(place)", "TENANT_ID=\(tenant)", "FILE_ID=\(file.id)", "OBJECT_KEY=\(file.key)",
                "MEDIA_TYPE=\(file.sniffedType.text)",
            ], directory: place)
        let (end, output) = withExtendedLifetime(spooled) {
            child.run(input: spooled.descriptor, deadline: min(deadline, .now + Self.patience))
        }
        guard end != .exited(0) else { return }
        let said = String(decoding: output.suffix(300), as: UTF8.self)
        if end == .exited(Self.tryAgain) {
            throw ErrorAnswer(.internalError, cause: "the \(name) command wants another try: \(said)")
        }
        log.warning(
            "an inspection command has failed",
            [
                "file.id": .text(file.id.description), "command.name": .text(name), "command.end": .text("\(end)"),
                "command.output": .text(said),
            ])
    }

    /// With all that the command left there. Never follows links.
    private static func remove(_ path: String) {
        guard unlink(path) != 0, errno == EISDIR, let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { remove("\(path)/\(name)") }
        }
        closedir(folder)
        rmdir(path)
    }
}
