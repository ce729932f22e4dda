import Base
import Contract
import Domain
import EventCore
import Testing

@Suite struct EventEnvelopeTests {
    private let event = Event(
        .documentUploaded, tenant: .random(), user: .random(), at: Timestamp(seconds: 1_800_000_000),
        data: ["file_size": .integer(7), "note": .string("é\n\"")])

    @Test func whatIsWrittenIsReadBack() throws {
        #expect(try EventEnvelope(parsing: EventEnvelope(event).jsonBytes).event == event)
    }

    @Test func theNamesAreThoseOfTheContract() throws {
        let json = try JSONValue(parsing: EventEnvelope(event).jsonBytes)
        #expect(
            Set(json.object?.keys.map { $0 } ?? [])
                == ["event_id", "event_type", "tenant_id", "user_id", "timestamp", "data"])
    }

    @Test(arguments: [
        ("", "the message is not a JSON object"), ("{", "the message is not a JSON object"),
        ("[]", "the message is not a JSON object"), ("{}", "no event_id"),
    ])
    func whatIsNoEnvelopeIsRefused(_ text: String, _ sentence: String) {
        let error = #expect(throws: EnvelopeError.self) { try EventEnvelope(parsing: Array(text.utf8)) }
        #expect(error?.sentence == sentence)
    }

    @Test func anUnknownTypeAndATooLargeMessageAreRefused() {
        let text = String(decoding: EventEnvelope(event).jsonBytes, as: UTF8.self)
        let strange = Array(text.replacing("document.uploaded", with: "moon.landed").utf8)
        #expect(throws: EnvelopeError.self) { try EventEnvelope(parsing: strange) }
        let large = Array(text.utf8) + [UInt8](repeating: 32, count: EventEnvelope.maxBytes)
        #expect(throws: EnvelopeError.self) { try EventEnvelope(parsing: large) }
    }
}
