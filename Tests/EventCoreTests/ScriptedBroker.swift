import Base
import Domain
import EventCore
import Synchronization

/// A broker in memory: keeps what it is sent, is away when it is told to be, and refuses what is too large.
final class ScriptedBroker: EventBroker {
    private struct State {
        var messages: [BrokerMessage] = []
        var isAway = false
        var read = 0
    }

    private let state = Mutex(State())
    private static let limit = 1_000_000

    var sent: [BrokerMessage] { state.withLock { $0.messages } }

    func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

    /// What was sent since the last call, as a consumer sees it; dead letters are nobody's to read.
    func read() -> [BrokerReader.Message] {
        state.withLock { state in
            let fresh = state.messages[state.read...].enumerated().filter { !$0.element.topic.hasSuffix(".dlq") }
            let start = state.read
            state.read = state.messages.count
            return fresh.map { index, message in
                BrokerReader.Message(
                    place: MessagePlace(topic: message.topic, partition: 0, offset: Int64(start + index)),
                    key: message.key, payload: message.payload
                ) { name in message.headers.first { $0.0 == name }.map { Array($0.1.utf8) } }
            }
        }
    }

    func send(_ messages: [BrokerMessage]) -> [BrokerFailure?] {
        state.withLock { state in
            messages.map { message in
                if state.isAway { return BrokerFailure(cause: "away", isPermanent: false) }
                if message.payload.count > Self.limit { return BrokerFailure(cause: "too large", isPermanent: true) }
                state.messages.append(message)
                return nil
            }
        }
    }
}
