import Base
import Contract
import Domain
import Glibc
import Inspection
import TestSupport

/// A stored file in an object store in memory.
struct InspectionFixture {
    let objects = InMemoryObjects()
    let log = Log(component: "test", level: .error, sink: { _ in })
    let tenant = TenantID.random()

    func file(_ bytes: [UInt8], _ type: String) throws -> StoredFile {
        let file = StoredFile(
            id: .random(), md5: "", sha256: "", key: "key-\(FileID.random())", size: Int64(bytes.count),
            sniffedType: try MediaType(type), createdAt: Timestamp(seconds: 1_800_000_000))
        objects.put(file.key, bytes: bytes)
        return file
    }

    /// What the look finds.
    func look(
        _ inspector: some FileInspector, at file: StoredFile, within patience: Duration = .seconds(60)
    ) throws(ErrorAnswer) -> FileInspection {
        var found = FileInspection(inspectedAt: file.createdAt)
        try inspector.inspect(file, of: tenant, into: &found, deadline: .now + patience)
        return found
    }

    /// A document of so many empty pages.
    static func pdf(pages: Int) -> [UInt8] {
        let kids = (0..<pages).map { "\($0 + 3) 0 R" }.joined(separator: " ")
        let objects = (0..<pages).map { "\($0 + 3) 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\n" }
        return Array(
            """
            %PDF-1.4
            1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
            2 0 obj<</Type/Pages/Kids[\(kids)]/Count \(pages)>>endobj
            \(objects.joined())trailer<</Root 1 0 R>>
            %%EOF

            """.utf8)
    }

    /// The head of a GIF; its size stands in the first bytes.
    static func gif(width: UInt8, height: UInt8) -> [UInt8] {
        Array("GIF89a".utf8) + [width, 0, height, 0, 0, 0, 0, 0x3b]
    }

    /// A directory of this test alone.
    static func folder() -> String {
        var template = Array("/tmp/inspection-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("mkdtemp failed") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// What lies in the directory.
    static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// An executable file with this text.
    static func script(_ text: String, in folder: String) throws -> String {
        let path = "\(folder)/script"
        guard let file = fopen(path, "w") else { fatalError("\(path) cannot be written") }
        fputs("#!/bin/sh\n\(text)\n", file)
        fclose(file)
        chmod(path, 0o755)
        return path
    }
}
