import Base

/// The results of one `send`: filled by delivery reports, waited for by the sender.
final class DeliveryBatch: Sendable {
    private struct State {
        var results: [Result<Void, KafkaError>?]
        var missing: Int
    }

    private let state: Condition<State>

    init(count: Int) { state = Condition(State(results: Array(repeating: nil, count: count), missing: count)) }

    /// The first report of a message counts.
    func report(_ index: Int, _ result: Result<Void, KafkaError>) {
        let isLast = state.withLock { state in
            guard state.results[index] == nil else { return false }
            state.results[index] = result
            state.missing -= 1
            return state.missing == 0
        }
        if isLast { state.update { _ in } }
    }

    /// Blocks until all messages have a result, or the deadline passes; true when all have.
    func waitForAll(until deadline: ContinuousClock.Instant) -> Bool {
        state.wait(until: deadline) { $0.missing == 0 ? true : nil } ?? false
    }

    /// What is known now; `fallback` for messages without a result.
    func results(fallback: KafkaError) -> [Result<Void, KafkaError>] {
        state.withLock { $0.results.map { $0 ?? .failure(fallback) } }
    }
}

/// One message's place in its batch: the opaque of the message, retained there until its delivery report.
final class Delivery {
    let batch: DeliveryBatch
    let index: Int

    init(batch: DeliveryBatch, index: Int) {
        self.batch = batch
        self.index = index
    }
}
