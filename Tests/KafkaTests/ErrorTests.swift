import Kafka
import Testing

@Suite struct ErrorTests {
    @Test func tooLargeIsForTheCallerToSettle() {
        let error = KafkaError(code: 10)
        #expect(error.isMessageTooLarge)
        #expect(!error.isRetryable)
        #expect(error.name == "MSG_SIZE_TOO_LARGE")
    }

    @Test func timeoutsAreWorthAnotherTry() {
        let error = KafkaError(code: -192)
        #expect(error.isTimeout)
        #expect(error.isRetryable)
        #expect(!error.isFatal)
    }

    @Test func fatalErrorsAreKnownAsSuch() {
        #expect(KafkaError(code: -150).isFatal)
    }
}
