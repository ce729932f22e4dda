package import Contract

/// What a comparison of a tenant's objects with its files found.
package struct SweepReport: Equatable, Sendable {
    package var objectsChecked: Int64 = 0
    package var filesChecked: Int64 = 0
    /// Keys of old objects that no row names, the first thousand.
    package var orphans: [String] = []
    package var orphanCount: Int64 = 0
    package var orphanBytes: Int64 = 0
    /// How many of them were removed.
    package var removed: Int64 = 0
    /// Live files whose object is gone, the first thousand. Nothing is done to them: someone must look.
    package var missing: [FileID] = []
    package var missingCount: Int64 = 0

    static let listed = 1000

    package init() {}

    mutating func note(orphan: ObjectEntry) {
        orphanCount += 1
        orphanBytes += orphan.size
        if orphans.count < Self.listed { orphans.append(orphan.key) }
    }

    mutating func note(missing file: FileID) {
        missingCount += 1
        if missing.count < Self.listed { missing.append(file) }
    }
}
