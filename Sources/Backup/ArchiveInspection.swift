import Archive
import Base
import Contract
import Crypto

/// An archive that was read from end to end and found whole.
package struct ArchiveInspection: Sendable {
    package let path: String
    package let manifest: BackupManifest

    /// Reads the whole archive and compares every entry with its checksum. Changes nothing anywhere.
    ///
    /// - Throws: `.damaged` when a byte is not what it was.
    package init(of path: String, progress: any BackupProgress) throws(BackupError) {
        self.path = path
        var manifest: BackupManifest?
        var found: Set<String> = []
        var objects: Int64 = 0
        var objectBytes: Int64 = 0
        let checksums = try Self.read(path, progress) { checksums, entry, reader throws(BackupError) in
            let digest = IncrementalDigest(.sha256)
            var text: [UInt8] = []
            var size: Int64 = 0
            try Self.read(reader) { bytes in
                digest.update(bytes)
                size += Int64(bytes.count)
                if entry.path == ArchiveLayout.manifest { text += bytes }
                progress.advance(Int64(bytes.count))
                return true
            }
            guard let sum = checksums.sums[entry.path] else {
                throw .damaged("the archive holds \(entry.path), which its checksums do not name")
            }
            guard Hex.encode(digest.finish()) == sum, size == entry.size else {
                throw .damaged("\(entry.path) in the archive is damaged")
            }
            guard found.insert(entry.path).inserted else {
                throw .damaged("\(entry.path) comes twice in the archive")
            }
            if entry.path == ArchiveLayout.manifest { manifest = try BackupManifest(parsing: text) }
            if entry.path.hasPrefix(ArchiveLayout.objects) {
                objects += 1
                objectBytes += size
            }
        }
        if let missing = checksums.sums.keys.filter({ !found.contains($0) }).min() {
            throw .damaged("the archive ends early: \(missing) is missing")
        }
        guard let manifest, found.contains(ArchiveLayout.dump) else {
            throw .damaged("this is no archive of a tenant")
        }
        guard manifest.objects == objects, manifest.objectBytes == objectBytes else {
            throw .damaged("the archive's objects are not those of its manifest")
        }
        self.manifest = manifest
    }

    /// Goes through the archive once more; the closure reads the entries that it wants.
    func forEachEntry(
        _ body: (ArchiveReader.Entry, ArchiveReader) throws(BackupError) -> Void
    ) throws(BackupError) {
        _ = try Self.read(path, nil) { _, entry, reader throws(BackupError) in try body(entry, reader) }
    }

    /// The bytes of the present entry.
    static func read(
        _ reader: ArchiveReader, _ sink: (UnsafeRawBufferPointer) -> Bool
    ) throws(BackupError) {
        do { try reader.read(sink) } catch { throw .damaged("the archive is damaged: \(error.sentence)") }
    }

    private static func read(
        _ path: String, _ progress: (any BackupProgress)?,
        _ body: (Checksums, ArchiveReader.Entry, ArchiveReader) throws(BackupError) -> Void
    ) throws(BackupError) -> Checksums {
        let reader: ArchiveReader
        do { reader = try ArchiveReader(path) } catch { throw .failed(error.sentence) }
        var checksums: Checksums?
        while let entry = try next(reader) {
            if let checksums {
                try body(checksums, entry, reader)
                continue
            }
            guard entry.path == Checksums.path else { throw .damaged("this is no archive of a tenant") }
            var text: [UInt8] = []
            try read(reader) { bytes in
                text += bytes
                return true
            }
            checksums = try Checksums(parsing: String(decoding: text, as: UTF8.self))
        }
        guard let checksums else { throw .damaged("this is no archive of a tenant") }
        return checksums
    }

    private static func next(_ reader: ArchiveReader) throws(BackupError) -> ArchiveReader.Entry? {
        do { return try reader.next() } catch { throw .damaged("the archive is damaged: \(error.sentence)") }
    }
}
