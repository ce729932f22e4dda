import Base
import Contract
import Domain

/// Counts its looks and finds what it is told to.
final class ScriptedInspector: FileInspector {
    private let state: Condition<(looks: Int, finds: FileInspection, failure: ErrorAnswer?)>

    init(_ finds: FileInspection) { state = Condition((0, finds, nil)) }

    var looks: Int { state.withLock { $0.looks } }

    func find(_ finds: FileInspection) { state.withLock { $0.finds = finds } }

    func fail(with failure: ErrorAnswer?) { state.withLock { $0.failure = failure } }

    func isWanted(for file: StoredFile) -> Bool { file.inspection == nil }

    func inspect(
        _ file: StoredFile, of tenant: TenantID, into inspection: inout FileInspection,
        deadline: ContinuousClock.Instant
    ) throws(ErrorAnswer) {
        let (finds, failure) = state.withLock { state in
            state.looks += 1
            return (state.finds, state.failure)
        }
        if let failure { throw failure }
        inspection.scan = finds.scan
        inspection.threat = finds.threat
        inspection.pageCount = finds.pageCount
    }
}
