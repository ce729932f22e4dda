import Base
import Domain

extension BrokerMessage {
    /// An event on its way to the broker, under its tenant's key; nil for one of an unknown type.
    ///
    /// What was put back tells in its headers how often it failed.
    init?(_ entry: OutboxEntry) {
        guard let event = entry.event else { return nil }
        var headers: [(String, String)] = []
        if entry.attempts > 0, let first = entry.firstFailure {
            headers = [("attempts", "\(entry.attempts)"), ("first_failure", first.description)]
        }
        self.init(
            topic: event.topic, key: Array(event.tenantID.description.utf8), payload: EventEnvelope(event).jsonBytes,
            headers: headers)
    }
}
