import Contract
import Synchronization
import UploadCore

/// A hand-off that answers by a script and remembers what it was asked. The last line of a script repeats.
final class ScriptedHandOff: HandOff {
    private struct State {
        var resolves: [ResolveOutcome]
        var commits: [CommitOutcome]
        var abandons: [AbandonOutcome]
        var resolved: [ResolveUpload] = []
        var committed = 0
        var abandoned = 0
        var requestIDs: [String] = []
    }

    private let state: Mutex<State>

    init(
        resolve: [ResolveOutcome] = [.push(UploadTarget(key: "k", contentType: "text/x-decided"))],
        commit: [CommitOutcome] = [.done(HandOffReply(status: 201, body: Array("created".utf8)))],
        abandon: [AbandonOutcome] = [.abandoned]
    ) {
        state = Mutex(State(resolves: resolve, commits: commit, abandons: abandon))
    }

    var resolved: [ResolveUpload] { state.withLock { $0.resolved } }
    var commits: Int { state.withLock { $0.committed } }
    /// Of all calls, in their order.
    var requestIDs: [String] { state.withLock { $0.requestIDs } }
    var abandons: Int { state.withLock { $0.abandoned } }

    func resolve(_ upload: ResolveUpload, requestID: String) -> ResolveOutcome {
        state.withLock { state in
            state.resolved.append(upload)
            state.requestIDs.append(requestID)
            return Self.next(&state.resolves)
        }
    }

    func commit(_ upload: SettleUpload, requestID: String) -> CommitOutcome {
        state.withLock { state in
            state.committed += 1
            state.requestIDs.append(requestID)
            return Self.next(&state.commits)
        }
    }

    func abandon(_ upload: SettleUpload, requestID: String) -> AbandonOutcome {
        state.withLock { state in
            state.abandoned += 1
            state.requestIDs.append(requestID)
            return Self.next(&state.abandons)
        }
    }

    private static func next<Outcome>(_ script: inout [Outcome]) -> Outcome {
        script.count > 1 ? script.removeFirst() : script[0]
    }
}
