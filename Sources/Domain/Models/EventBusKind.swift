/// What carries the events from the outboxes to their handlers.
package enum EventBusKind: String, Sendable {
    /// Kafka, where brokers are configured.
    case kafka
    /// The event worker itself.
    case embedded
}
