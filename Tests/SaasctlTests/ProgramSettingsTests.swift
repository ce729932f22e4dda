import Base
import Testing

@testable import saasctl

struct ProgramSettingsTests {
    /// The checks repeat the rules of settings that one program alone reads: none may be forgotten.
    @Test func everyVariableOfTheProgramsIsChecked() throws {
        let checked = try ["ProgramSettings", "AdminSettings"].map { try source("saasctl/\($0).swift") }.joined()
        let readers = [
            "FCGIApp/Main/AppSettings.swift", "EventWorker/Main/WorkerSettings.swift",
            "UploadSidecar/Main/SidecarConfig.swift",
        ]
        let reads = /environment\.(?:string|required|integer|flag|choice)\("(?<name>[A-Z0-9_]+)"/
        for reader in readers {
            let names = try source(reader).matches(of: reads).map(\.output.name)
            #expect(!names.isEmpty, "\(reader) reads nothing")
            for name in names { #expect(checked.contains("\"\(name)\""), "\(name) of \(reader) is not checked") }
        }
    }

    private func source(_ path: String, file: String = #filePath) throws -> String {
        let root = file.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        return try #require(TextFile.read("\(root)/Sources/\(path)"), "there is no \(path)")
    }
}
