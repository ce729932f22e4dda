import EventCore
import Kafka

/// The broker of events on Kafka.
struct KafkaBroker: EventBroker {
    let producer: KafkaProducer

    /// How long a batch may take; shorter than a transaction may be idle.
    private static let patience: Duration = .seconds(8)

    func send(_ messages: [BrokerMessage]) -> [BrokerFailure?] {
        let batch = messages.map { message in
            KafkaMessage(
                topic: message.topic, key: message.key, payload: message.payload,
                headers: message.headers.map { ($0.0, Array($0.1.utf8)) })
        }
        return producer.send(batch, deadline: .now + Self.patience).map { result in
            switch result {
            case .success: nil
            case .failure(let error):
                BrokerFailure(cause: error.description, isPermanent: error.isMessageTooLarge)
            }
        }
    }
}
