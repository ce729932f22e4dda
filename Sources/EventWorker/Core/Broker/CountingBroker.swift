import Domain

/// A broker whose messages are counted.
package struct CountingBroker: EventBroker {
    private let broker: any EventBroker
    private let tally: EventTally

    package init(_ broker: any EventBroker, tally: EventTally) {
        self.broker = broker
        self.tally = tally
    }

    package func send(_ messages: [BrokerMessage]) -> [BrokerFailure?] {
        let results = broker.send(messages)
        for (message, failure) in zip(messages, results) {
            tally.add(message.topic, failure == nil ? .produced : .unsent)
        }
        return results
    }
}
