import Base
import Contract
package import Crypto

/// Uploads that have ended here while the application may still hold something of them, a reservation or an intent:
/// those of a process that was killed, and those whose end it could not be told.
///
/// Giving them up sets free at once what would otherwise be kept until the grant ends. Thread-safe.
package final class LooseEnds: Sendable {
    private struct End {
        let grant: String
        let entry: UploadJournal.Entry?
    }

    private let spool: SpoolDirectory
    private let handOff: any HandOff
    private let grantKey: VerifyingKey
    private let ends: Condition<[End]>

    /// Begins with the uploads that dead processes have left in the spool.
    package init(spool: SpoolDirectory, handOff: any HandOff, grantKey: VerifyingKey) {
        self.spool = spool
        self.handOff = handOff
        self.grantKey = grantKey
        ends = Condition(spool.inherited.map { End(grant: $0.grant, entry: $0.entry) })
    }

    /// How many are left.
    package var count: Int { ends.withLock { $0.count } }

    /// Takes an upload over.
    func add(_ grant: String, entry: UploadJournal.Entry?) {
        ends.update { $0.append(End(grant: grant, entry: entry)) }
    }

    /// Takes over from processes that have died since the last look, for which it removes what they have left in the
    /// spool. Call every few seconds. Blocks on the disk.
    ///
    /// - Returns: how many uploads these had under way.
    package func takeOver() -> Int {
        let inherited = spool.takeOver()
        for (grant, entry) in inherited { add(grant, entry: entry) }
        return inherited.count
    }

    /// Tries each once; those that stay unclear are left. Blocks on the application.
    package func settle() {
        for end in ends.withLock({ $0 }) {
            guard isSettled(end) else { continue }
            if let entry = end.entry { spool.journal.forget(entry) }
            ends.withLock { $0.removeAll { $0.grant == end.grant } }
        }
    }

    /// Starts a thread that settles what there is and what comes, for as long as the process lives.
    ///
    /// - Parameter pause: blocks for that long; between tries while something stays unclear.
    package func settleInBackground(pause: @escaping @Sendable (Duration) -> Void = { Pause.sleep($0) }) {
        _ = WorkerThread(name: "loose-ends") { [self] in
            while true {
                _ = ends.wait { $0.isEmpty ? nil : true }
                settle()
                if count > 0 { pause(.seconds(5)) }
            }
        }
    }

    private func isSettled(_ end: End) -> Bool {
        // Read at the beginning of time, so that one that has expired is read, too: the application refuses it.
        let grant = UploadGrant(verifying: end.grant, with: grantKey, at: Timestamp(microseconds: 0))
        guard let grant else { return true }
        switch handOff.abandon(SettleUpload(grant: end.grant), requestID: grant.requestID) {
        case .abandoned, .refused: return true
        case .unclear: return false
        }
    }
}
